/**
 * Rotary embedding settings in their two spellings: `rope_theta` and `rope_scaling` (transformers 4), `rope_parameters`
 * (transformers 5).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../decode'
import { unsupported } from '../input'
import type { Rope, RopeScaling } from './config'

// codecs -----------------------------------------------------------------------------------------

const nullable = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)

const ScalingFields = t.partial(
  {
    rope_type: nullable(t.string),
    type: nullable(t.string),
    rope_theta: nullable(t.number),
    partial_rotary_factor: nullable(t.number),
  },
  'an object',
)

const RopeFields = t.partial(
  {
    rope_theta: nullable(t.number),
    rope_scaling: nullable(ScalingFields),
    rope_parameters: nullable(ScalingFields),
    partial_rotary_factor: nullable(t.number),
  },
  'an object',
)

const Linear = t.type({ factor: t.number })
const Llama3 = t.type({
  factor: t.number,
  low_freq_factor: t.number,
  high_freq_factor: t.number,
  original_max_position_embeddings: t.number,
})

// decoding ---------------------------------------------------------------------------------------

const asDamaged = decodeAs<FormatError['_tag']>('FileDamaged')

const decodeScaling = (
  kind: string,
  given: unknown,
  where: string,
  field: string,
): E.Either<FormatError, RopeScaling> => {
  switch (kind) {
    case 'default':
      return E.right({ kind: 'none' })
    case 'linear':
      return pipe(
        asDamaged(Linear, `${where} ${field}`)(given),
        E.map(({ factor }) => ({ kind: 'linear', factor })),
      )
    case 'llama3':
      return pipe(
        asDamaged(Llama3, `${where} ${field}`)(given),
        E.map((l) => ({
          kind: 'llama3',
          factor: l.factor,
          lowFreqFactor: l.low_freq_factor,
          highFreqFactor: l.high_freq_factor,
          originalMaxPositionEmbeddings: l.original_max_position_embeddings,
        })),
      )
    default:
      return E.left(
        unsupported(
          where,
          `${field} of type ${kind} is not supported`,
          'use a model with default, linear or llama3 rope',
        ),
      )
  }
}

const defaultTheta = 10000

/** @param where the file, for messages */
export const decodeRope =
  (where: string) =>
  (json: unknown): E.Either<FormatError, Rope> =>
    pipe(
      asDamaged(RopeFields, where)(json),
      E.chain((fields): E.Either<FormatError, Rope> => {
        const [given, field] = fields.rope_parameters
          ? ([fields.rope_parameters, 'rope_parameters'] as const)
          : ([fields.rope_scaling ?? {}, 'rope_scaling'] as const)
        const theta = given.rope_theta ?? fields.rope_theta ?? defaultTheta
        const partial = given.partial_rotary_factor ?? fields.partial_rotary_factor ?? 1
        if (partial !== 1)
          return E.left(unsupported(where, `partial_rotary_factor ${partial} is not supported`))
        if (!(theta > 0 && Number.isFinite(theta)))
          return E.left(unsupported(where, `rope_theta must be above 0, but is ${theta}`))
        return pipe(
          decodeScaling(given.rope_type ?? given.type ?? 'default', given, where, field),
          E.map((scaling) => ({ theta, scaling })),
        )
      }),
    )
