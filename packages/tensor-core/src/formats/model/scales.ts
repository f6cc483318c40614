/** Soft-capping (gemma 2) and multipliers (granite) as `config.json` has them; a factor of 1 that changes nothing is left out. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import type { ModelConfig } from './config'
import type { Family } from './families'

// model ------------------------------------------------------------------------------------------

type Scales = Pick<
  ModelConfig,
  | 'attentionSoftcap'
  | 'logitSoftcap'
  | 'attentionMultiplier'
  | 'embeddingMultiplier'
  | 'residualMultiplier'
  | 'logitsScaling'
>

const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a positive number')
const optional = t.union([Positive, t.null, t.undefined], 'a positive number')

const SoftcapFields = t.partial(
  { attn_logit_softcapping: optional, final_logit_softcapping: optional },
  'a model configuration',
)

const MultiplierFields = t.partial(
  {
    attention_multiplier: optional,
    embedding_multiplier: optional,
    residual_multiplier: optional,
    logits_scaling: optional,
  },
  'a model configuration',
)

type Json = Readonly<Record<string, unknown>>

// reading ----------------------------------------------------------------------------------------

/** The entry, where it has a value that changes something. */
const entry = (key: keyof Scales, value: number | null | undefined, neutral?: number): Scales =>
  value === null || value === undefined || value === neutral ? {} : { [key]: value }

const softcapsOf = (family: Family, json: Json, where: string): E.Either<FormatError, Scales> => {
  const { softcaps } = family
  if (softcaps === undefined) return E.right({})
  return pipe(
    decodeAs<FormatError['_tag']>('FileDamaged')(SoftcapFields, where)(json),
    E.map(
      ({
        attn_logit_softcapping: attention = softcaps.attention,
        final_logit_softcapping: logits = softcaps.logits,
      }) => ({
        ...entry('attentionSoftcap', attention),
        ...entry('logitSoftcap', logits),
      }),
    ),
  )
}

const multipliersOf = (family: Family, json: Json, where: string): E.Either<FormatError, Scales> =>
  family.multipliers
    ? pipe(
        decodeAs<FormatError['_tag']>('FileDamaged')(MultiplierFields, where)(json),
        E.map((f) => ({
          // not 1 / sqrt(head width) where the file omits it
          ...entry('attentionMultiplier', f.attention_multiplier ?? 1),
          ...entry('embeddingMultiplier', f.embedding_multiplier, 1),
          ...entry('residualMultiplier', f.residual_multiplier, 1),
          ...entry('logitsScaling', f.logits_scaling, 1),
        })),
      )
    : E.right({})

/** @returns left: a field that is no positive number, by name */
export const scalesOf = (family: Family, json: Json, where: string): E.Either<FormatError, Scales> =>
  pipe(
    E.Do,
    E.apS('softcaps', softcapsOf(family, json, where)),
    E.apS('multipliers', multipliersOf(family, json, where)),
    E.map(({ softcaps, multipliers }) => ({ ...softcaps, ...multipliers })),
  )
