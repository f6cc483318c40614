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
import type { Rope } from './config'
import {
  Finite,
  type Place,
  Positive,
  type RopeContext,
  ScalingFields,
  decodeScaling,
  nullable,
} from './ropeScaling'

// codecs -----------------------------------------------------------------------------------------

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

// decoding ---------------------------------------------------------------------------------------

type Result<A> = E.Either<FormatError, A>

const asDamaged = decodeAs<FormatError['_tag']>('FileDamaged')

/** The settings of one rotary embedding, defaults filled in. */
interface Settings {
  readonly given: ScalingFields
  readonly theta: number
  /** The share of each head that is rotated; only 1 is supported. */
  readonly partial: number
  /** The trained length where it stands outside of `given`. */
  readonly original?: number | undefined
}

const decodeOne = (
  { given, theta, partial, original }: Settings,
  context: RopeContext,
  place: Place,
): Result<Rope> =>
  partial !== 1
    ? E.left(unsupported(place.where, `partial_rotary_factor ${partial} is not supported`))
    : given.mrope_section !== undefined && given.mrope_section !== null
      ? E.left(unsupported(place.where, `${place.field} with mrope_section is not supported`))
      : pipe(
          decodeScaling(given, context, place, original),
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
              {
                given,
                theta: given.rope_theta ?? fields.rope_theta ?? context.theta,
                partial: given.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1,
                original: fields.original_max_position_embeddings ?? undefined,
              },
              context,
              { where, field },
            )
      }),
    )

/** Two rotary embeddings, as gemma has: one for layers with full attention, one for layers with a sliding window. */
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
        // rope_scaling of transformers 4 belongs to the layers with full attention
        const full: ScalingFields = { ...nested.full_attention, ...fields.rope_scaling }
        const sliding: ScalingFields = nested.sliding_attention ?? {}
        const one = (given: ScalingFields, theta: number, field: string): Result<Rope> =>
          decodeOne(
            {
              // transformers reads `truncate` beside the layer types, where it never stands
              given: { ...given, ...('truncate' in given ? { truncate: true } : {}) },
              theta: given.rope_theta ?? theta,
              partial: given.partial_rotary_factor ?? partial,
            },
            context,
            { where, field },
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
