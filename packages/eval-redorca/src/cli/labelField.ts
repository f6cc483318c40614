/** Human labels in a field of rows: which values mean yes and which no. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { custom } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type Row, textField } from './rowFields'

// model ------------------------------------------------------------------------------------------

/** What one value of the field means. */
export interface LabelMapping {
  readonly value: string
  readonly label: boolean
}

export const labelMapping = custom(
  'which labels mean yes (1), refused or harmful by --axis, and which do not (0)',
  'VALUE=0|1',
  (u): E.Either<string, LabelMapping> => {
    const parts = typeof u === 'string' ? /^(.+)=([01])$/.exec(u) : null
    return parts?.[1] === undefined
      ? E.left('must be VALUE=1 or VALUE=0')
      : E.right({ value: parts[1], label: parts[2] === '1' })
  },
)

export const plainLabels: ReadonlyArray<LabelMapping> = [
  { value: '1', label: true },
  { value: '0', label: false },
  { value: 'true', label: true },
  { value: 'false', label: false },
]

// reading ----------------------------------------------------------------------------------------

/** The label of a row; undefined where it has none. @returns left `BadRow`: a value that is not mapped */
export const labelOf =
  (field: string, map: ReadonlyArray<LabelMapping>) =>
  (row: Row): E.Either<Fault, boolean | undefined> => {
    if (row.value[field] === undefined || row.value[field] === null || row.value[field] === '')
      return E.right(undefined)
    return pipe(
      textField(field)(row),
      E.chain((value) => {
        const found = map.find((m) => m.value === value)
        return found === undefined
          ? E.left(
              badInput('BadRow', `label ${value} is not known`, {
                where: row.where,
                remedy: `give --label-map ${value}=1 or ${value}=0`,
              }),
            )
          : E.right(found.label)
      }),
    )
  }
