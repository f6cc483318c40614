/**
 * The scalings of rotary embeddings that transformers 5.23 computes in `ROPE_INIT_FUNCTIONS`, decoded with its defaults: none,
 * linear, dynamic, llama3, yarn and longrope.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { RopeScaling } from './config'

// codecs -----------------------------------------------------------------------------------------

export const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)
/** JSON has no infinity, but a number that is too large is parsed as one. */
export const Finite = t.refinement(t.number, Number.isFinite, 'a number')
export const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a positive number')

/** The object under `rope_scaling` or `rope_parameters`. */
export const ScalingFields = t.partial(
  {
    rope_type: nullable(t.string),
    type: nullable(t.string),
    rope_theta: nullable(Positive),
    partial_rotary_factor: nullable(Finite),
    original_max_position_embeddings: nullable(Positive),
    mrope_section: t.unknown,
    full_attention: t.unknown,
    sliding_attention: t.unknown,
  },
  'an object',
)
export type ScalingFields = t.TypeOf<typeof ScalingFields>

const Factor = t.type({ factor: Positive })
const Llama3 = t.type({ factor: Positive, low_freq_factor: Positive, high_freq_factor: Positive })
const Yarn = t.intersection(
  [
    t.type({ factor: t.union([Positive, t.null], 'a positive number') }),
    t.partial({
      attention_factor: nullable(Positive),
      beta_fast: nullable(Finite),
      beta_slow: nullable(Finite),
      mscale: nullable(Finite),
      mscale_all_dim: nullable(Finite),
      truncate: nullable(t.boolean),
    }),
  ],
  'an object',
)
const LongRope = t.intersection(
  [
    t.type({ short_factor: t.array(Positive), long_factor: t.array(Positive) }),
    t.partial({ factor: nullable(Positive), attention_factor: nullable(Positive) }),
  ],
  'an object',
)

// decoding ---------------------------------------------------------------------------------------

/** The parts of the configuration that rope settings depend on. */
export interface RopeContext {
  readonly headDim: number
  readonly maxPositionEmbeddings: number
  readonly theta: number
}

/** Where a setting stands in a file. */
export interface Place {
  /** The file, for messages. */
  readonly where: string
  /** The field in the file, for messages: `rope_scaling`. */
  readonly field: string
}

type Result<A> = E.Either<FormatError, A>

const asDamaged = decodeAs<FormatError['_tag']>('FileDamaged')

/** YaRN's temperature: 0.1 m ln(s) + 1 for a scaling factor s above 1. */
const temperature = (factor: number, m = 1): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1)

const yarnOf = (y: t.TypeOf<typeof Yarn>, original: number, maximum: number): RopeScaling => {
  const factor = y.factor ?? maximum / original
  const inferred =
    y.mscale && y.mscale_all_dim
      ? temperature(factor, y.mscale) / temperature(factor, y.mscale_all_dim)
      : temperature(factor)
  return {
    kind: 'yarn',
    factor,
    attentionFactor: y.attention_factor ?? inferred,
    betaFast: y.beta_fast || 32,
    betaSlow: y.beta_slow || 1,
    originalMaxPositionEmbeddings: original,
    truncate: y.truncate ?? true,
  }
}

const longRopeOf = (l: t.TypeOf<typeof LongRope>, original: number, maximum: number): RopeScaling => {
  const factor = l.factor ?? maximum / original
  return {
    kind: 'longrope',
    attentionFactor:
      l.attention_factor ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original))),
    shortFactor: l.short_factor,
    longFactor: l.long_factor,
    originalMaxPositionEmbeddings: original,
  }
}

/**
 * Decodes the scaling of one rotary embedding.
 *
 * @param original the length the model was trained on; without it, the settings' own `original_max_position_embeddings`
 * @returns left: a field that is missing or of the wrong type, or a scaling that is not supported
 */
export const decodeScaling = (
  given: ScalingFields,
  { headDim, maxPositionEmbeddings: maximum }: RopeContext,
  { where, field }: Place,
  original = given.original_max_position_embeddings ?? maximum,
): Result<RopeScaling> => {
  const kind = given.rope_type ?? given.type ?? 'default'
  const place = `${where} ${field}`
  switch (kind) {
    case 'default':
      return E.right({ kind: 'none' })
    case 'linear':
      return pipe(
        asDamaged(Factor, place)(given),
        E.map(({ factor }) => ({ kind: 'linear', factor })),
      )
    case 'dynamic':
      return headDim < 4
        ? E.left(unsupported(where, `${field} of type dynamic needs a head_dim above 2`))
        : pipe(
            asDamaged(Factor, place)(given),
            E.map(({ factor }) => ({ kind: 'dynamic', factor, maxPositionEmbeddings: maximum })),
          )
    case 'llama3':
      return pipe(
        asDamaged(Llama3, place)(given),
        E.map((l) => ({
          kind: 'llama3',
          factor: l.factor,
          lowFreqFactor: l.low_freq_factor,
          highFreqFactor: l.high_freq_factor,
          originalMaxPositionEmbeddings: original,
        })),
      )
    case 'yarn':
      return pipe(
        asDamaged(Yarn, place)(given),
        E.map((y) => yarnOf(y, original, maximum)),
      )
    case 'longrope':
      return pipe(
        asDamaged(LongRope, place)(given),
        E.filterOrElse(
          (l) => l.short_factor.length === headDim / 2 && l.long_factor.length === headDim / 2,
          () =>
            unsupported(
              where,
              `${field} needs short_factor and long_factor of ${headDim / 2} numbers, half of head_dim`,
            ),
        ),
        E.map((l) => longRopeOf(l, original, maximum)),
      )
    default:
      return E.left(
        unsupported(
          where,
          `${field} of type ${kind} is not supported`,
          'use a model with default, linear, dynamic, llama3, yarn or longrope rope',
        ),
      )
  }
}
