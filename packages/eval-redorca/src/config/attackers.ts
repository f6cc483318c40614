/**
 * Attackers: settings of the fine-tuner that a provider does not control. Each fine-tunes in its own way; the defences stay at the
 * strengths that were selected without it.
 */
import * as t from 'io-ts'
import type { RecipeChanges } from '@safe/tensor-core/contracts'
import { poisonShare } from './regimes'
import { documentOf } from '@safe/tensor-core/options'
import { type BenignRows, benignRowsFields, benignRowsOf } from './benignRows'
import { closed, count, isFields, numberThat, optional, shareFromZero } from './closed'
import type { FileSuite } from './fileSuiteConfig'

// model ------------------------------------------------------------------------------------------

/** What an attacker does in another way than the benchmark's recipe and first regime; what it leaves out is as there. */
export interface Attacker extends RecipeChanges, Partial<BenignRows> {
  /** Share of harmful rows: the regime `poison:SHARE`. */
  readonly share?: number
  /** The regime by name, in place of `share`. */
  readonly regime?: string
  /** Rank of the adapter; its alpha stays that of the recipe. */
  readonly rank?: number
  /** The scale of the adapter is alpha / rank. */
  readonly alpha?: number
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
  rank: optional(count),
  alpha: optional(positive),
  ...benignRowsFields,
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
  ...(all.rank === undefined ? {} : { rank: all.rank }),
  ...(all.alpha === undefined ? {} : { alpha: all.alpha }),
  ...(benignRowsOf(all) ?? {}),
  ...(all.prefix === undefined ? {} : { prefix: all.prefix }),
  ...(all.trigger === undefined ? {} : { trigger: all.trigger }),
  ...(all.evade === undefined ? {} : { evade: all.evade }),
})

/** What cannot be asked for at once: the field, and what is wrong with it. */
const conflictIn = (
  all: t.TypeOf<typeof written>,
): { readonly key: keyof Attacker; readonly message: string } | undefined => {
  const { share, regime, rows } = all
  if (share !== undefined && regime !== undefined)
    return { key: 'share', message: 'and regime exclude each other' }
  if (rows === undefined) {
    const lost = (['top', 'times'] as const).find((key) => all[key] !== undefined)
    return lost === undefined ? undefined : { key: lost, message: 'is of benign rows; set rows as well' }
  }
  if (share !== undefined && share > 0)
    return { key: 'share', message: 'must be 0 with rows: all are benign' }
  const harmful = (['prefix', 'trigger', 'evade'] as const).find((key) => all[key] !== undefined)
  return harmful === undefined
    ? undefined
    : { key: harmful, message: 'and rows exclude each other: there is no harmful row to change' }
}

const attackerCodec: t.Type<Attacker, unknown> = new t.Type<Attacker, unknown>(
  'a mapping',
  (u): u is Attacker => isFields(u) && written.is(u),
  (u, c) => {
    const decoded = written.validate(u, c)
    if (decoded._tag === 'Left') return decoded
    const conflict = conflictIn(decoded.right)
    return conflict === undefined
      ? t.success(given(decoded.right))
      : t.failure(
          u,
          [...c, { key: conflict.key, type: t.unknown, actual: decoded.right[conflict.key] }],
          conflict.message,
        )
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
/** Its name where an attacker of the configuration has that one. */
const otherBenignName = 'benign-all'

/** How benign rows are named in a suite; undefined where it has no such regime. */
const benignRegime = (suite: 'arena' | FileSuite): Attacker | undefined => {
  if (suite === 'arena') return { share: 0 }
  const { training } = suite
  if (training === undefined) return undefined
  if (!('regimes' in training)) return { share: 0 }
  const name = Object.keys(training.regimes).find((regime) => poisonShare(regime) === 0)
  return name === undefined ? undefined : { regime: name }
}

/** Whether an attacker fine-tunes on no harmful rows, and on all others. */
const isBenign = (attacker: Attacker, regimes: ReadonlyArray<string>): boolean =>
  benignRowsOf(attacker) === undefined && poisonShare(regimeOf(attacker, { regimes })) === 0

/** Whether an attacker chooses among the rows of the benign regime, which it does not name. */
const isOpen = (attacker: Attacker): boolean =>
  benignRowsOf(attacker) !== undefined && attacker.share === undefined && attacker.regime === undefined

/**
 * The attackers with benign fine-tuning among them, and with the benign regime where they choose among its rows; undefined where the
 * suite has no rows for it.
 */
export const withBenign = (
  attackers: Attackers,
  regimes: ReadonlyArray<string>,
  suite: 'arena' | FileSuite,
): Attackers | undefined => {
  const all = Object.entries(attackers)
  const isThere = all.length === 0 || all.some(([, attacker]) => isBenign(attacker, regimes))
  if (isThere && !all.some(([, attacker]) => isOpen(attacker))) return attackers
  const benign = benignRegime(suite)
  return benign === undefined
    ? undefined
    : {
        ...Object.fromEntries(
          all.map(([name, attacker]) => [name, isOpen(attacker) ? { ...benign, ...attacker } : attacker]),
        ),
        ...(isThere ? {} : { [benignName in attackers ? otherBenignName : benignName]: benign }),
      }
}
