/**
 * Rotary embedding settings in their two spellings: `rope_theta` and `rope_scaling` (transformers 4), `rope_parameters`
 * (transformers 5), which gemma keeps by layer type. Precedence and defaults are those of transformers 5.23
 * (`RotaryEmbeddingConfigMixin`, and the settings that `ROPE_INIT_FUNCTIONS` reads).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { Rope, RopeScaling } from './config'

// codecs -----------------------------------------------------------------------------------------

const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)
/** JSON has no infinity, but numbers too large become one. */
const Finite = t.refinement(t.number, Number.isFinite, 'a number')
const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a positive number')

const ScalingFields = t.partial(
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
type ScalingFields = t.TypeOf<typeof ScalingFields>

const RopeFields = t.partial(
  {
    rope_theta: nullable(Positive),
    rope_local_base_freq: nullable(Positive),
    rope_scaling: nullable(ScalingFields),
    rope_parameters: nullable(ScalingFields),
    partial_rotary_factor: nullable(Finite),
    original_max_position_embeddings: nullable(Positive),
  },
  'an object',
)

const ByLayerType = t.partial(
  { full_attention: nullable(ScalingFields), sliding_attention: nullable(ScalingFields) },
  'an object',
)

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

/** What of the rest of the configuration the settings depend on. */
export interface RopeContext {
  readonly headDim: number
  readonly maxPositionEmbeddings: number
  readonly theta: number
}

type Result<A> = E.Either<FormatError, A>

const asDamaged = decodeAs<FormatError['_tag']>('FileDamaged')

/** YaRN's temperature: 0.1 m ln(s) + 1 for a stretch s above 1. */
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

/** @param field the place in the file, for messages @param original the trained length, where the settings leave it out */
const decodeScaling = (
  given: ScalingFields,
  { headDim, maxPositionEmbeddings: maximum }: RopeContext,
  where: string,
  field: string,
  outer?: number,
): Result<RopeScaling> => {
  const kind = given.rope_type ?? given.type ?? 'default'
  const original = outer ?? given.original_max_position_embeddings ?? maximum
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

const decodeOne = (
  given: ScalingFields,
  theta: number,
  partial: number,
  context: RopeContext,
  where: string,
  field: string,
  outer?: number,
): Result<Rope> =>
  partial !== 1
    ? E.left(unsupported(where, `partial_rotary_factor ${partial} is not supported`))
    : given.mrope_section !== undefined && given.mrope_section !== null
      ? E.left(unsupported(where, `${field} with mrope_section is not supported`))
      : pipe(
          decodeScaling(given, context, where, field, outer),
          E.map((scaling) => ({ theta, scaling })),
        )

const isEmpty = (fields: ScalingFields | null | undefined): boolean =>
  fields === null || fields === undefined || Object.keys(fields).length === 0

/**
 * One rotary embedding for all layers.
 *
 * @param where the file, for messages
 */
export const decodeRope =
  (where: string, context: RopeContext) =>
  (json: unknown): Result<Rope> =>
    pipe(
      asDamaged(RopeFields, where)(json),
      E.chain((fields): Result<Rope> => {
        const field = isEmpty(fields.rope_scaling) ? 'rope_parameters' : 'rope_scaling'
        const given = fields[field] ?? {}
        const nested = (['full_attention', 'sliding_attention'] as const).find(
          (name) => given[name] !== undefined,
        )
        return nested !== undefined
          ? E.left(unsupported(where, `${field} by layer type (${nested}) is not supported in this family`))
          : decodeOne(
              given,
              given.rope_theta ?? fields.rope_theta ?? context.theta,
              given.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1,
              context,
              where,
              field,
              fields.original_max_position_embeddings ?? undefined,
            )
      }),
    )

/** Two rotary embeddings, for layers that see everything and for those that see a window: gemma's. */
export const decodeTwoRopes =
  (where: string, context: RopeContext & { readonly slidingTheta: number }) =>
  (json: unknown): Result<{ readonly full: Rope; readonly sliding: Rope }> =>
    pipe(
      asDamaged(RopeFields, where)(json),
      E.bindTo('fields'),
      E.bind('nested', ({ fields }) =>
        asDamaged(ByLayerType, `${where} rope_parameters`)(fields.rope_parameters ?? {}),
      ),
      E.filterOrElse(
        ({ fields, nested }) =>
          isEmpty(fields.rope_parameters) || 'full_attention' in nested || 'sliding_attention' in nested,
        () => unsupported(where, 'rope_parameters of this family must be given by layer type'),
      ),
      E.chain(({ fields, nested }) => {
        const partial = fields.partial_rotary_factor ?? 1
        // transformers 4's rope_scaling is that of the layers that see everything
        const full: ScalingFields = { ...nested.full_attention, ...fields.rope_scaling }
        const sliding: ScalingFields = nested.sliding_attention ?? {}
        const one = (given: ScalingFields, theta: number, name: string): Result<Rope> =>
          decodeOne(
            // transformers reads `truncate` beside the layer types, where it never stands
            { ...given, ...('truncate' in given ? { truncate: true } : {}) },
            given.rope_theta ?? theta,
            given.partial_rotary_factor ?? partial,
            context,
            where,
            name,
          )
        const fullField = isEmpty(fields.rope_scaling) ? 'rope_parameters.full_attention' : 'rope_scaling'
        return pipe(
          E.Do,
          E.apS('full', one(full, fields.rope_theta ?? context.theta, fullField)),
          E.apS(
            'sliding',
            one(
              sliding,
              fields.rope_local_base_freq ?? context.slidingTheta,
              'rope_parameters.sliding_attention',
            ),
          ),
        )
      }),
    )
