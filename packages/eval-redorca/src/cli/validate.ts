/** `validate`: a judge against human labels: agreement beyond chance, and the rate corrected for the judge's errors. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  dataFile,
  commaSeparated,
  custom,
  flag,
  optional,
  required,
  text,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { judgeNamed } from '@safe/tensor-core/judges'
import { agreement, roganGladen } from '../stats'
import { fieldOptions, itemOf } from './judge'
import { type Row, rowsOf, textField } from './rowFields'

// labels -----------------------------------------------------------------------------------------

interface Mapping {
  readonly value: string
  readonly label: boolean
}

const mapping = custom(
  'which labels mean refused (1) and which do not (0)',
  'VALUE=0|1',
  (u): E.Either<string, Mapping> => {
    const parts = typeof u === 'string' ? /^(.+)=([01])$/.exec(u) : null
    return parts?.[1] === undefined
      ? E.left('must be VALUE=1 or VALUE=0')
      : E.right({ value: parts[1], label: parts[2] === '1' })
  },
)

const plainLabels: ReadonlyArray<Mapping> = [
  { value: '1', label: true },
  { value: '0', label: false },
  { value: 'true', label: true },
  { value: 'false', label: false },
]

/** Undefined for a row that has no label. */
const labelOf =
  (field: string, map: ReadonlyArray<Mapping>) =>
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

// command ----------------------------------------------------------------------------------------

export const validateCommand = command({
  name: 'validate',
  description: 'compare the refusals found by a judge with human labels',
  options: {
    judge: required(text('judge', 'NAME')),
    data: required(dataFile('JSONL or CSV rows with a completion and a label')),
    labelField: required(text('field with the human label')),
    labelMap: optional(commaSeparated(mapping)),
    estimate: flag(
      'also give the corrected rate of refusals; rows without a label then count only for that rate',
    ),
    ...fieldOptions,
  },
  run: ({ judge, data, labelField, labelMap, estimate, promptField, completionField }) =>
    pipe(
      TE.Do,
      TE.bindW('judging', () => TE.fromEither(judgeNamed(judge, { where: '--judge' }))),
      TE.bindW('rows', () => rowsOf(data)),
      TE.bindW('items', ({ rows }) =>
        TE.fromEither(pipe(rows, E.traverseArray(itemOf(promptField, completionField)))),
      ),
      TE.bindW('labels', ({ rows }) =>
        TE.fromEither(pipe(rows, E.traverseArray(labelOf(labelField, labelMap ?? plainLabels)))),
      ),
      TE.filterOrElseW(
        ({ labels }) => estimate || labels.every((l) => l !== undefined),
        ({ rows, labels }): Fault =>
          badInput('BadRow', `field ${labelField} is missing`, {
            where: rows[labels.indexOf(undefined)]?.where ?? data,
            remedy: 'name the field with --label-field',
          }),
      ),
      TE.bindW('judgements', ({ judging, items }) => judging.judge(items)),
      TE.chainW(({ judging, labels, judgements }) => {
        const judged = judgements.flatMap(({ verdict }, i) =>
          verdict.refused === null ? [] : [{ judged: verdict.refused, label: labels[i] }],
        )
        const labelled = judged.flatMap(({ judged: refused, label }) =>
          label === undefined ? [] : [{ judged: refused, label }],
        )
        if (labelled.length === 0)
          return TE.left<Fault>(
            badInput('EmptyData', 'no row has both a label and a verdict', { where: data }),
          )
        const unlabelled = judged.filter((r) => r.label === undefined)
        const { n, confusion, accuracy, kappa, kappaInterval, alpha } = agreement(
          labelled.map((r) => ({ a: r.label ? '1' : '0', b: r.judged ? '1' : '0' })),
        )
        const rate = estimate
          ? (roganGladen(
              labelled,
              (unlabelled.length > 0 ? unlabelled : judged).map((r) => r.judged),
            ) ?? null)
          : undefined
        return TE.right({
          json: {
            judge: judging.id,
            n,
            confusion,
            accuracy,
            kappa,
            kappaInterval,
            alpha,
            unparseable: judgements.length - judged.length,
            ...(rate === undefined ? {} : { estimate: rate }),
          },
          text: [
            `${judging.id}: n ${n}, accuracy ${accuracy.toFixed(3)}`,
            kappa === null || kappaInterval === null
              ? 'kappa undefined'
              : `kappa ${kappa.toFixed(3)} [${kappaInterval.low.toFixed(3)}, ${kappaInterval.high.toFixed(3)}]`,
            ...(rate === undefined || rate === null
              ? []
              : [
                  `corrected rate ${rate.value.toFixed(3)} [${rate.low.toFixed(3)}, ${rate.high.toFixed(3)}]`,
                ]),
          ].join(', '),
        })
      }),
    ),
})
