/** `validate`: judges against human labels: agreement beyond chance, error rates, and the rate corrected for them. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Command,
  choice,
  command,
  commaSeparated,
  dataFile,
  flag,
  optional,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { labelAxes, saysOn } from '../results/verdictAxes'
import { type ValidationRow, errorsByStratum, estimatedRate, judgeErrors, krippendorffAlpha } from '../stats'
import { judgeOpener } from '../work/judgeOpener'
import { fieldOptions, itemOf } from './judge'
import { namedJudgesOption } from './judgeOptions'
import { labelMapping, labelOf, plainLabels } from './labelField'
import { type Row, numberField, rowsOf, textField } from './rowFields'
import { type Validated, validatedJson, validatedText } from './validated'
import { type OpenNamed, type VerdictColumn, verdictColumns } from './verdictColumns'

// parts ------------------------------------------------------------------------------------------

const optionalField = <A>(
  field: string | undefined,
  rows: ReadonlyArray<Row>,
  read: (field: string) => (row: Row) => E.Either<Fault, A>,
): E.Either<Fault, ReadonlyArray<A> | undefined> =>
  field === undefined ? E.right(undefined) : pipe(rows, E.traverseArray(read(field)))

/** A weight of a row that was drawn for labelling: above 0. */
const weightField =
  (field: string) =>
  (row: Row): E.Either<Fault, number> =>
    pipe(
      numberField(field)(row),
      E.filterOrElse(
        (w) => w > 0,
        (): Fault =>
          badInput('BadRow', `field ${field} must be above 0`, {
            where: row.where,
            remedy: 'rows picked by disagreement have no weight: leave them out',
          }),
      ),
    )

const rowsFor = (
  { ofHarm, verdicts }: VerdictColumn,
  axis: (typeof labelAxes)[number],
  labels: ReadonlyArray<boolean | undefined>,
  weights: ReadonlyArray<number> | undefined,
  strata: ReadonlyArray<string> | undefined,
): ReadonlyArray<ValidationRow> =>
  verdicts.map((verdict, i) => {
    const [weight, stratum] = [weights?.[i], strata?.[i]]
    return {
      judged: saysOn(axis, ofHarm)(verdict),
      label: labels[i],
      ...(weight === undefined ? {} : { weight }),
      ...(stratum === undefined ? {} : { stratum }),
    }
  })

const alphaOf = (columns: ReadonlyArray<ReadonlyArray<boolean | null | undefined>>): number | null => {
  const [first = []] = columns
  return krippendorffAlpha(
    first.map((_, i) => columns.map((column) => (typeof column[i] === 'boolean' ? String(column[i]) : null))),
  )
}

// command ----------------------------------------------------------------------------------------

/** The command, with the way in which judges are opened. */
export const validateWith = (open: OpenNamed): Command =>
  command({
    name: 'validate',
    description:
      'compare judges with human labels: confusion, kappa, error rates; a judge whose verdicts the rows carry is not asked again',
    example: 'redorca validate --judge refusal --data labels.jsonl --label-field refused',
    options: {
      judge: namedJudgesOption,
      data: required(dataFile('JSONL or CSV rows with a completion and a label')),
      labelField: required(text('field with the human label')),
      labelMap: optional(commaSeparated(labelMapping)),
      axis: withDefault('refused', choice('what the label says of the completion', labelAxes)),
      strata: optional(text('field whose values get error rates of their own')),
      weightField: optional(
        text('field with the number of rows that a row stands for, where rows were drawn unevenly'),
      ),
      estimate: flag(
        'also give the rate corrected for the judge (Rogan-Gladen); rows without a label then count only for that rate',
      ),
      ...fieldOptions,
    },
    run: (
      {
        judge,
        data,
        labelField,
        labelMap,
        axis,
        strata: stratum,
        weightField: weighted,
        estimate,
        promptField,
        completionField,
      },
      context,
    ) =>
      pipe(
        TE.Do,
        TE.bindW('rows', () => rowsOf(data)),
        TE.bindW('items', ({ rows }) =>
          TE.fromEither(pipe(rows, E.traverseArray(itemOf(promptField, completionField)))),
        ),
        TE.bindW('labels', ({ rows }) =>
          TE.fromEither(pipe(rows, E.traverseArray(labelOf(labelField, labelMap ?? plainLabels)))),
        ),
        TE.bindW('strata', ({ rows }) => TE.fromEither(optionalField(stratum, rows, textField))),
        TE.bindW('weights', ({ rows }) => TE.fromEither(optionalField(weighted, rows, weightField))),
        TE.filterOrElseW(
          ({ labels }) => estimate || labels.every((l) => l !== undefined),
          ({ rows, labels }): Fault =>
            badInput('BadRow', `field ${labelField} is missing`, {
              where: rows[labels.indexOf(undefined)]?.where ?? data,
              remedy: 'name the field with --label-field',
            }),
        ),
        TE.bindW('columns', ({ rows, items }) => verdictColumns(open, context)(judge, rows, items)),
        TE.filterOrElseW(
          ({ columns }) => new Set(columns.map((c) => c.id)).size === columns.length,
          ({ columns }): Fault =>
            badInput('BadOption', `${columns[0]?.id ?? ''} is given twice`, { where: '--judge' }),
        ),
        TE.chainEitherKW(({ columns, labels, strata, weights }) => {
          const judged = columns.map((column): Validated => {
            const rows = rowsFor(column, axis, labels, weights, strata)
            return {
              id: column.id,
              axis,
              ofHarm: column.ofHarm,
              said: rows.map((r) => r.judged),
              errors: judgeErrors(rows),
              ...(strata === undefined ? {} : { strata: errorsByStratum(rows) }),
              ...(estimate ? { estimate: estimatedRate(rows) ?? null } : {}),
            }
          })
          if (judged.some((j) => j.errors.n === 0))
            return E.left<Fault>(
              badInput('EmptyData', 'no row has both a label and a verdict', { where: data }),
            )
          const said = judged.map((j) => j.said)
          return E.right({
            json: validatedJson(judged, {
              alpha: alphaOf(said),
              alphaWithLabels: alphaOf([...said, labels]),
            }),
            text: validatedText(judged, alphaOf(said)),
          })
        }),
      ),
  })

export const validateCommand = validateWith((choice, use) => judgeOpener(use)(choice))
