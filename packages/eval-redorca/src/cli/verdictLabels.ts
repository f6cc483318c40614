/** Labels in a field of rows as the verdicts of a judge: the verdict itself, or what `--label-map` makes of the value. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { custom } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type Row, textField } from './rowFields'

// model ------------------------------------------------------------------------------------------

/** The verdict that one value of the field means. */
export interface VerdictMapping {
  readonly value: string
  readonly word: string
}

export const verdictMapping = custom(
  'which verdict a label means, where the label is not the verdict itself: 1=unsafe,0=safe',
  'VALUE=VERDICT',
  (u): E.Either<string, VerdictMapping> => {
    const parts = typeof u === 'string' ? /^(.+)=([^=]+)$/.exec(u) : null
    return parts?.[1] === undefined || parts[2] === undefined
      ? E.left('must be VALUE=VERDICT')
      : E.right({ value: parts[1], word: parts[2] })
  },
)

// checks -----------------------------------------------------------------------------------------

/** @returns left `BadOption`: a verdict that the judge does not have, or a value that means two */
export const checkMappings = (
  mappings: ReadonlyArray<VerdictMapping>,
  words: ReadonlyArray<string>,
): E.Either<Fault, void> => {
  const bad = (message: string, remedy: string): E.Either<Fault, never> =>
    E.left(badInput('BadOption', message, { field: 'labelMap', remedy }))
  const unknown = mappings.find(({ word }) => !words.includes(word))
  const twice = mappings.find(({ value }, i) => mappings.findIndex((m) => m.value === value) < i)
  return unknown !== undefined
    ? bad(`names ${unknown.word}, which is no verdict of this judge`, `its verdicts are ${words.join(', ')}`)
    : twice !== undefined
      ? bad(`maps ${twice.value} twice`, 'give each value once')
      : E.right(undefined)
}

// reading ----------------------------------------------------------------------------------------

/** The verdict of a row; undefined where it has no label. @returns left `BadRow`: a label that is no verdict and is not mapped */
export const verdictOf =
  (field: string, mappings: ReadonlyArray<VerdictMapping>, words: ReadonlyArray<string>) =>
  (row: Row): E.Either<Fault, string | undefined> => {
    if (row.value[field] === undefined || row.value[field] === null || row.value[field] === '')
      return E.right(undefined)
    return pipe(
      textField(field)(row),
      E.chain((value) => {
        const word = mappings.find((m) => m.value === value)?.word ?? words.find((known) => known === value)
        return word === undefined
          ? E.left(
              badInput('BadRow', `label ${value} is no verdict of this judge`, {
                where: row.where,
                remedy: `its verdicts are ${words.join(', ')}; give --label-map ${value}=VERDICT`,
              }),
            )
          : E.right(word)
      }),
    )
  }
