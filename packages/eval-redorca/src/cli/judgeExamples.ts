/** `judge-examples`: labelled completions as rows to train the model of a judge of one's own. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  commaSeparated,
  dataFile,
  file,
  flag,
  hubUseOf,
  optional,
  overwriteOption,
  required,
  text,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { type LabelledItem, judgeExamples, verdictWords } from '@safe/tensor-core/judges'
import { fieldOptions, itemOf } from './judge'
import { type Row, rowsOf } from './rowFields'
import { checkMappings, verdictMapping, verdictOf } from './verdictLabels'

// parts ------------------------------------------------------------------------------------------

const atOption = (fault: Fault): Fault => ({ where: '--judge', ...fault })

/** The rows with a label, each with its verdict. @returns left `BadRow`: one without a label, unless such rows are skipped */
const labelled = (
  rows: ReadonlyArray<Row>,
  words: ReadonlyArray<string | undefined>,
  field: string,
  skipUnlabelled: boolean,
): E.Either<Fault, ReadonlyArray<{ readonly row: Row; readonly word: string }>> => {
  const found = rows.flatMap((row, i) => {
    const word = words[i]
    return word === undefined ? [] : [{ row, word }]
  })
  return found.length < rows.length && !skipUnlabelled
    ? E.left(
        badInput('BadRow', `field ${field} is missing`, {
          where: rows[words.indexOf(undefined)]?.where ?? '',
          remedy: 'name the field with --label-field, or leave such rows out with --skip-unlabelled',
        }),
      )
    : found.length === 0
      ? E.left(badInput('EmptyData', `no row has a label in field ${field}`, { field: 'data' }))
      : E.right(found)
}

const countsOf = (words: ReadonlyArray<string>, all: ReadonlyArray<LabelledItem>): Record<string, number> =>
  Object.fromEntries(words.map((word) => [word, all.filter((one) => one.word === word).length]))

// command ----------------------------------------------------------------------------------------

export const judgeExamplesCommand = command({
  name: 'judge-examples',
  description:
    'write labelled completions as rows {id, promptTokens, responseTokens} that train a judge: what it will read, and the verdict it should give',
  options: {
    judge: required(text('judge that the rows are for, with one verdict in its reply', 'KIND:MODEL')),
    data: required(dataFile('JSONL or CSV rows with a completion and a label')),
    labelField: required(text('field with the label')),
    labelMap: optional(commaSeparated(verdictMapping)),
    skipUnlabelled: flag('leave out rows without a label'),
    out: required(file('JSONL of training rows')),
    ...overwriteOption,
    ...fieldOptions,
  },
  run: (
    { judge, data, labelField, labelMap = [], skipUnlabelled, out, overwrite, promptField, completionField },
    context,
  ) =>
    pipe(
      TE.fromEither(refuseExisting(out, { overwrite })),
      TE.chainW(() => TE.fromEither(pipe(verdictWords(judge), E.mapLeft(atOption)))),
      TE.bindTo('words'),
      TE.chainFirstEitherKW(({ words }) => checkMappings(labelMap, words)),
      TE.bindW('rows', () => rowsOf(data)),
      TE.bindW('items', ({ rows, words }) =>
        pipe(
          rows,
          E.traverseArray(verdictOf(labelField, labelMap, words)),
          E.chain((verdicts) => labelled(rows, verdicts, labelField, skipUnlabelled)),
          E.chain(
            E.traverseArray(({ row, word }) =>
              pipe(
                itemOf(promptField, completionField)(row),
                E.map((item): LabelledItem => ({ item, word, where: row.where })),
              ),
            ),
          ),
          TE.fromEither,
        ),
      ),
      TE.bindW('examples', ({ items }) =>
        pipe(
          judgeExamples(judge, items, { ...hubUseOf(context), onWarning: context.warn }),
          TE.mapLeft(atOption),
        ),
      ),
      TE.chainFirstW(({ examples }) =>
        writeJsonl(
          out,
          examples.map(({ id, promptTokens, responseTokens }) => ({ id, promptTokens, responseTokens })),
        ),
      ),
      TE.map(({ words, rows, items, examples }) => {
        const labels = countsOf(words, items)
        const longest = examples.reduce(
          (most, { promptTokens, responseTokens }) =>
            Math.max(most, promptTokens.length + responseTokens.length),
          0,
        )
        const skipped = rows.length - items.length
        return {
          json: {
            judge,
            rows: items.length,
            skipped,
            cut: examples.filter(({ cut }) => cut).length,
            longest,
            labels,
            out,
          },
          text: [
            `${items.length} rows (${words.map((word) => `${labels[word] ?? 0} ${word}`).join(', ')})${skipped === 0 ? '' : `, ${skipped} without a label left out`}`,
            `the longest has ${longest} tokens: train with --max-length ${longest} or more`,
            out,
          ].join('\n'),
        }
      }),
    ),
})
