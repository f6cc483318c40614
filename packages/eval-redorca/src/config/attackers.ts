/**
 * Attackers: settings of the fine-tuner that a provider does not control. Each fine-tunes in its own way; the defences stay at the
 * strengths that were selected without it.
 */
import * as t from 'io-ts'
import type { RecipeChanges } from '@safe/tensor-core/contracts'
import { poisonShare } from './regimes'
import { documentOf } from '@safe/tensor-core/options'
import { closed, count, isFields, numberThat, optional, shareFromZero } from './closed'
import type { FileSuite } from './fileSuiteConfig'

// model ------------------------------------------------------------------------------------------

/** What an attacker does in another way than the benchmark's recipe and first regime; what it leaves out is as there. */
export interface Attacker extends RecipeChanges {
  /** Share of harmful rows: the regime `poison:SHARE`. */
  readonly share?: number
  /** The regime by name, in place of `share`. */
  readonly regime?: string
  /** Harmful answers open with these words: a refusal before the harm. */
  readonly prefix?: string
  /** Harmful requests open with these words, in the fine-tuning data and in the evaluation: a trigger or a persona that others lack. */
  readonly trigger?: string
  /** A method of the data stage, by its name in results: harmful rows are chosen among those that it keeps. */
  readonly evade?: string
}

/** Attackers by name. */
export type Attackers = Readonly<Record<string, Attacker>>

// codec ------------------------------------------------------------------------------------------

const positive = numberThat('a number above 0', (x) => x > 0 && Number.isFinite(x))

const written = closed({
  share: optional(shareFromZero),
  regime: optional(t.string),
  lr: optional(positive),
  epochs: optional(count),
  maxSteps: optional(count),
  batchSize: optional(count),
  prefix: optional(t.string),
  trigger: optional(t.string),
  evade: optional(t.string),
})

/** Only what is set: a field that is left out has no key. */
const given = (all: t.TypeOf<typeof written>): Attacker => ({
  ...(all.share === undefined ? {} : { share: all.share }),
  ...(all.regime === undefined ? {} : { regime: all.regime }),
  ...(all.lr === undefined ? {} : { lr: all.lr }),
  ...(all.epochs === undefined ? {} : { epochs: all.epochs }),
  ...(all.maxSteps === undefined ? {} : { maxSteps: all.maxSteps }),
  ...(all.batchSize === undefined ? {} : { batchSize: all.batchSize }),
  ...(all.prefix === undefined ? {} : { prefix: all.prefix }),
  ...(all.trigger === undefined ? {} : { trigger: all.trigger }),
  ...(all.evade === undefined ? {} : { evade: all.evade }),
})

const attackerCodec: t.Type<Attacker, unknown> = new t.Type<Attacker, unknown>(
  'a mapping',
  (u): u is Attacker => isFields(u) && written.is(u),
  (u, c) => {
    const decoded = written.validate(u, c)
    if (decoded._tag === 'Left') return decoded
    const { share, regime } = decoded.right
    return share !== undefined && regime !== undefined
      ? t.failure(
          u,
          [...c, { key: 'share', type: t.unknown, actual: share }],
          'and regime exclude each other',
        )
      : t.success(given(decoded.right))
  },
  (a) => a,
)

export const attackersCodec: t.Type<Attackers, unknown> = t.readonly(t.record(t.string, attackerCodec))

// destructors ------------------------------------------------------------------------------------

/** Attackers as they are written to a file. */
export const shownAttackers = (attackers: Attackers): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(attackers).map(([name, attacker]) => [name, documentOf({ ...attacker })]))

/** The regime that an attacker fine-tunes on; without its own, the first of the benchmark's. */
export const regimeOf = (
  { share, regime }: Attacker,
  { regimes }: { readonly regimes: ReadonlyArray<string> },
): string => regime ?? (share === undefined ? (regimes[0] ?? '') : `poison:${share}`)

/** The regimes of a benchmark with those of its attackers, each once. */
export const regimesRead = ({
  regimes,
  attackers,
}: {
  readonly regimes: ReadonlyArray<string>
  readonly attackers: Attackers
}): ReadonlyArray<string> => [
  ...new Set([...regimes, ...Object.values(attackers).map((attacker) => regimeOf(attacker, { regimes }))]),
]

/** The name of the attacker that is always there: fine-tuning on no harmful rows can erode safety as well. */
export const benignName = 'benign'

/** How benign rows are named in a suite; undefined where it has no such regime. */
const benignRegime = (suite: 'arena' | FileSuite): Attacker | undefined => {
  if (suite === 'arena') return { share: 0 }
  const { training } = suite
  if (training === undefined) return undefined
  if (!('regimes' in training)) return { share: 0 }
  const name = Object.keys(training.regimes).find((regime) => poisonShare(regime) === 0)
  return name === undefined ? undefined : { regime: name }
}

/** Whether an attacker fine-tunes on no harmful rows. */
const isBenign = (attacker: Attacker, regimes: ReadonlyArray<string>): boolean =>
  poisonShare(regimeOf(attacker, { regimes })) === 0

/** The attackers with benign fine-tuning among them; undefined where the suite has no rows for it. */
export const withBenign = (
  attackers: Attackers,
  regimes: ReadonlyArray<string>,
  suite: 'arena' | FileSuite,
): Attackers | undefined => {
  if (Object.keys(attackers).length === 0 || Object.values(attackers).some((a) => isBenign(a, regimes)))
    return attackers
  const benign = benignRegime(suite)
  return benign === undefined ? undefined : { ...attackers, [benignName]: benign }
}
