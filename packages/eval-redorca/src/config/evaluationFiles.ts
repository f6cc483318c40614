/** The files of evaluation prompts, and of the validation prompts that strengths are chosen on, as a configuration names them. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, numberThat, optional, wholeFromZero, withDefault } from './closed'

// model ------------------------------------------------------------------------------------------

/** A file of prompts per kind. */
export interface EvaluationFiles {
  readonly harmful: string
  readonly lookalike: string | undefined
  readonly benign: string | undefined
  readonly task: string | undefined
}

/** Files of validation prompts of their own; without a file, a kind has none. */
export type ValidationFiles = { readonly [K in keyof EvaluationFiles]: string | undefined }

/** A share of the clusters of every evaluation file, drawn with this seed. */
export interface ValidationShare {
  readonly share: number
  readonly seed: number
}

/** Where validation prompts come from. */
export type Validation = ValidationFiles | ValidationShare

/** Whether validation prompts are drawn from the evaluation files. */
export const isShare = (validation: Validation): validation is ValidationShare => 'share' in validation

// codecs -----------------------------------------------------------------------------------------

/** The seed of the draw where none is given: the split is the same for every seed of the runs. */
export const defaultSplitSeed = 42

const between = numberThat('a number above 0 and below 1', (x) => x > 0 && x < 1)

export const evaluationCodec: t.Type<EvaluationFiles, unknown> = closed({
  harmful: t.string,
  lookalike: optional(t.string),
  benign: optional(t.string),
  task: optional(t.string),
})

const ownFiles = closed({
  harmful: optional(t.string),
  lookalike: optional(t.string),
  benign: optional(t.string),
  task: optional(t.string),
})

const drawn = closed({ share: between, seed: withDefault(wholeFromZero, defaultSplitSeed) })

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** A share, a mapping with `share` and `seed`, or a mapping of files; not a union, whose branches would stand in the paths of errors. */
export const validationCodec: t.Type<Validation, unknown> = new t.Type<Validation, unknown>(
  'a share or a mapping of files',
  (u): u is Validation => isRecord(u),
  (u, c): t.Validation<Validation> =>
    typeof u === 'number'
      ? pipe(
          between.validate(u, c),
          E.match(
            () => t.failure(u, c, `must be ${between.name}, but is ${u}`),
            (share) => t.success({ share, seed: defaultSplitSeed }),
          ),
        )
      : isRecord(u) && 'share' in u
        ? drawn.validate(u, c)
        : pipe(
            ownFiles.validate(u, c),
            E.chain((files) =>
              Object.values(files).every((file) => file === undefined)
                ? t.failure(u, c, 'names no file; give files, or a share such as 0.3')
                : t.success(files),
            ),
          ),
  (validation) => documentOf({ ...validation }),
)
