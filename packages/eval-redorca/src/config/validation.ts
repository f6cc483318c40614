/** Where the prompts come from that strengths are chosen on: files of their own, or a share of the evaluation's. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { documentOf } from '@safe/tensor-core/options'
import { closed, isFields, numberThat, optional, wholeFromZero, withDefault } from './closed'
import { type SetFiles, namedSets, setFilesCodec } from './evaluationFiles'

// model ------------------------------------------------------------------------------------------

/** Files of validation prompts of their own; without a file, a kind has none. A task set is under the rules of the evaluation's. */
export interface ValidationFiles {
  readonly harmful: SetFiles | undefined
  readonly lookalike: SetFiles | undefined
  readonly benign: SetFiles | undefined
  readonly task: string | undefined
  readonly tasks: Readonly<Record<string, string>> | undefined
}

/** A share of the clusters of every evaluation file, drawn with this seed. */
export interface ValidationShare {
  readonly share: number
  readonly seed: number
}

/** Where validation prompts come from. */
export type Validation = ValidationFiles | ValidationShare

/** Whether validation prompts are drawn from the evaluation files. */
export const isShare = (validation: Validation): validation is ValidationShare => 'share' in validation

// codec ------------------------------------------------------------------------------------------

/** The seed of the draw where none is given: the split is the same for every seed of the runs. */
export const defaultSplitSeed = 42

const between = numberThat('a number above 0 and below 1', (x) => x > 0 && x < 1)

const ownFiles = closed({
  harmful: optional(setFilesCodec),
  lookalike: optional(setFilesCodec),
  benign: optional(setFilesCodec),
  task: optional(t.string),
  tasks: optional(namedSets(t.string)),
})

const drawn = closed({ share: between, seed: withDefault(wholeFromZero, defaultSplitSeed) })

/** A share, a mapping with `share` and `seed`, or a mapping of files; not a union, whose branches would stand in the paths of errors. */
export const validationCodec: t.Type<Validation, unknown> = new t.Type<Validation, unknown>(
  'a share or a mapping of files',
  (u): u is Validation => isFields(u),
  (u, c): t.Validation<Validation> =>
    typeof u === 'number'
      ? pipe(
          between.validate(u, c),
          E.match(
            () => t.failure(u, c, `must be ${between.name}, but is ${u}`),
            (share) => t.success({ share, seed: defaultSplitSeed }),
          ),
        )
      : isFields(u) && 'share' in u
        ? drawn.validate(u, c)
        : pipe(
            ownFiles.validate(u, c),
            E.chain((files) =>
              Object.values(files).every((file) => file === undefined)
                ? t.failure(u, c, 'names no file; give files, or a share such as 0.3')
                : t.success(files),
            ),
          ),
  (validation) => shownValidation(validation),
)

/** A task set of the validation that the evaluation does not have: there is no rule to count its answers by. */
export const unknownTask = (
  validation: Validation | undefined,
  {
    task,
    tasks = {},
  }: { readonly task: string | undefined; readonly tasks: Readonly<Record<string, unknown>> | undefined },
): string | undefined =>
  validation === undefined || isShare(validation)
    ? undefined
    : validation.task !== undefined && task === undefined
      ? 'task'
      : Object.keys(validation.tasks ?? {}).find((name) => !(name in tasks))

// destructors ------------------------------------------------------------------------------------

/** Where validation prompts come from, as it is written to a file. */
export const shownValidation = (validation: Validation): unknown => documentOf({ ...validation })
