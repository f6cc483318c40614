/** The options of this package's plugins as a benchmark's configuration writes them: decoded, checked, defaults filled in. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type InputError, type Parameters, badInput } from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import { multis } from './bridge'
import { noSafePolicies } from './chooseBeam'
import { refusalPrefix, safetySystemPrompt } from './defaults'
import { draftMasses, supports } from './mix'
import { defaultSafeDecoding } from './safeDecoding'
import { defaultSettings } from './settings'

// codecs -----------------------------------------------------------------------------------------

const Share = t.refinement(t.number, (x) => x >= 0 && x <= 1, 'a number from 0 to 1')
const Count = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 1, 'a whole number, at least 1')
const Tail = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a whole number, at least 0')
const Score = t.refinement(t.number, (x) => x >= 1 && x <= 5, 'a score from 1 to 5')
const Strength = t.refinement(t.number, (x) => Number.isFinite(x) && x >= 0, 'a number, at least 0')

const Penalty = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a number above 0')

const oneOf = <A extends string>(names: ReadonlyArray<A>): t.Type<A> => {
  const find = (u: unknown): A | undefined => names.find((name) => name === u)
  return new t.Type<A>(
    `one of ${names.join(', ')}`,
    (u): u is A => find(u) !== undefined,
    (u, c) => {
      const found = find(u)
      return found === undefined ? t.failure(u, c) : t.success(found)
    },
    t.identity,
  )
}

const AlignBeamCodec = t.exact(
  t.partial({
    enabled: t.boolean,
    alpha: Share,
    beams: Count,
    bridgeTokens: Count,
    top: Count,
    tau: Score,
    multi: oneOf(multis),
    draftMass: oneOf(draftMasses),
    support: oneOf(supports),
    onNoSafe: oneOf(noSafePolicies),
    refusalTail: Tail,
    /** null: the anchor is told nothing. */
    system: t.union([t.string, t.null]),
    batchSize: Count,
    /** Of the draft's completion; by default the benchmark's own. */
    temperature: Strength,
    repetitionPenalty: Penalty,
  }),
)

const SafeDecodingCodec = t.exact(
  t.partial({ alpha: Strength, first: Count, common: Count, batchSize: Count }),
)
const PrefixCodec = t.exact(t.partial({ prefix: t.string }))
const SystemPromptCodec = t.exact(t.partial({ system: t.string }))

// decoding ---------------------------------------------------------------------------------------

interface Codec<A> extends t.Decoder<unknown, A> {
  readonly type: { readonly props: Readonly<Record<string, unknown>> }
}

/** Values of the codec's keys; an unknown key or an impossible value is an error that names it. */
const options =
  <A, D>(plugin: string, codec: Codec<A>, complete: (given: A) => D) =>
  (given: Parameters): E.Either<InputError, D> => {
    const names = Object.keys(codec.type.props)
    const unknown = Object.keys(given).find((name) => !names.includes(name))
    return unknown === undefined
      ? pipe(decodeWith(codec, plugin)(given), E.map(complete))
      : E.left(
          badInput('BadConfig', `has no option ${unknown}`, {
            where: plugin,
            remedy: `use ${names.join(', ')}`,
          }),
        )
  }

export const alignBeamOptions = options('alignbeam', AlignBeamCodec, (given) => ({
  enabled: true,
  ...defaultSettings,
  ...given,
}))
export const safeDecodingOptions = options('safe-decoding', SafeDecodingCodec, (given) => ({
  ...defaultSafeDecoding,
  ...given,
}))
export const prefixOptions = options('prefix', PrefixCodec, (given) => ({
  prefix: refusalPrefix,
  ...given,
}))
export const systemPromptOptions = options('system-prompt', SystemPromptCodec, (given) => ({
  system: safetySystemPrompt,
  ...given,
}))
