/** `judges` and `judge`: the available judges of completions, and the verdicts of one of them or of several. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  command,
  dataFile,
  file,
  flag,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Fault, Judge, JudgeItem, Judgement } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { type JudgeEntry, type KindOption, judges } from '@safe/tensor-core/judges'
import { countsOf, countsText } from './judgeCounts'
import { judgesOption, withJudges } from './judgeOptions'
import { judgedBy } from './judgesInTurn'
import { judgedRows } from './judgedRows'
import { type Row, textField } from './rowFields'

/** How it is given: `llama-guard@1:MODEL`. */
const spelled = ({ name, version, needs }: Pick<JudgeEntry, 'name' | 'version' | 'needs'>): string =>
  `${name}@${version}${needs.length === 0 ? '' : ':MODEL'}`

const optionLine = ([name, option]: readonly [string, KindOption]): string =>
  `    ,${name}=${option.values?.join('|') ?? '...'}  ${option.description}${option.default === undefined ? '' : ` (default ${option.default})`}`

/** Options by where the model must be; those of the kind itself are at undefined. */
const optionsAt = (
  { options }: Pick<JudgeEntry, 'options'>,
  of: KindOption['of'],
): ReadonlyArray<readonly [string, KindOption]> =>
  Object.entries(options).filter(([, option]) => option.of === of)

/** Every kind that asks a model has these; they are listed once. */
const placedLines = (heading: string, of: KindOption['of']): ReadonlyArray<string> => {
  const options = new Map(judges.flatMap((j) => optionsAt(j, of)))
  return [heading, ...[...options].map(optionLine)]
}

export const judgesCommand = command({
  name: 'judges',
  description: 'list the available judges and what each needs',
  options: {},
  run: () => {
    const known = judges.map(({ name, version, description, needs, options, families }) => ({
      name,
      version,
      description,
      needs,
      options,
      families,
    }))
    return TE.right({
      json: { judges: known },
      text: [
        ...known.flatMap((j) => [
          `${spelled(j)}  ${j.description}`,
          ...optionsAt(j, undefined).map(optionLine),
        ]),
        ...placedLines('every MODEL that is a folder, a .gguf file or hub:ORG/NAME', 'process'),
        ...placedLines('every MODEL that is URL#NAME of an OpenAI-compatible server', 'server'),
      ].join('\n'),
    })
  },
})

/** The item to be judged, from a row; a missing prompt is empty, a missing completion is an error. */
export const itemOf =
  (promptField: string, completionField: string) =>
  (row: Row): E.Either<Fault, JudgeItem> =>
    pipe(
      textField(completionField)(row),
      E.map((completion) => {
        const prompt = row.value[promptField]
        return {
          id: row.id,
          prompt: typeof prompt === 'string' ? prompt : '',
          completion,
          ...(row.value['finishReason'] === 'length' ? { truncated: true } : {}),
          ...(row.value['finishReason'] === 'stop' ? { truncated: false } : {}),
        }
      }),
    )

export const fieldOptions = {
  promptField: withDefault('prompt', text('field with the prompt')),
  completionField: withDefault('completion', text('field with the completion')),
}

/** What one judge said of all rows, in their order. */
interface Said {
  readonly judge: Judge
  readonly judgements: ReadonlyArray<Judgement>
}

const withoutId = ({ verdict, pHarmful, score, raw }: Judgement): Omit<Judgement, 'id'> => ({
  verdict,
  pHarmful,
  score,
  raw,
})

/** One judge's verdicts stand in the row itself, several under the judges' ids. */
const rowOf =
  (said: ReadonlyArray<Said>) =>
  ({ id }: JudgeItem, i: number): Readonly<Record<string, unknown>> => {
    const verdicts = said.flatMap(({ judge, judgements }) => {
      const judgement = judgements[i]
      return judgement === undefined ? [] : [[judge.id, withoutId(judgement)] as const]
    })
    const [[, only] = []] = verdicts
    return said.length === 1 ? { id, ...only } : { id, judges: Object.fromEntries(verdicts) }
  }

const saidBy = (
  judging: ReadonlyArray<Judge>,
  items: ReadonlyArray<JudgeItem>,
  context: Context,
): TE.TaskEither<Fault, ReadonlyArray<Said>> =>
  pipe(
    judging,
    TE.traverseSeqArray((judge) =>
      pipe(
        judgedBy(context)(judge, items),
        TE.map((judgements) => ({ judge, judgements })),
      ),
    ),
  )

export const judgeCommand = command({
  name: 'judge',
  description: 'judge completions; a verdict that cannot be parsed is null, never safe',
  example: 'redorca judge --judge refusal --data answers.jsonl --out verdicts.jsonl',
  options: {
    judge: judgesOption,
    data: required(
      dataFile('JSONL, CSV or Parquet rows with a completion, or a log of inspect_ai (.json, .eval)'),
    ),
    out: required(file('JSONL of verdicts')),
    overwrite: flag('replace an existing output'),
    ...fieldOptions,
  },
  run: ({ judge, data, out, overwrite, promptField, completionField }, context) =>
    pipe(
      TE.fromEither(refuseExisting(out, { overwrite })),
      TE.chainW(() =>
        withJudges(judge, context, (judging) =>
          pipe(
            TE.Do,
            TE.bindW('rows', () => judgedRows(context)(data)),
            TE.bindW('items', ({ rows }) =>
              TE.fromEither(pipe(rows, E.traverseArray(itemOf(promptField, completionField)))),
            ),
            TE.bindW('said', ({ items }) => saidBy(judging, items, context)),
            TE.chainFirstW(({ items, said }) => writeJsonl(out, items.map(rowOf(said)))),
            TE.map(({ items, said }) => {
              const counts = said.map(({ judge: by, judgements }) => ({
                id: by.id,
                by,
                counts: countsOf(
                  by,
                  judgements.map(({ verdict }) => verdict),
                ),
              }))
              const byJudge = Object.fromEntries(counts.map((c) => [c.id, c.counts]))
              const [only, ...more] = counts
              return {
                json: {
                  ...(only === undefined || more.length > 0 ? {} : { judge: only.id, ...only.counts }),
                  rows: items.length,
                  judges: byJudge,
                  out,
                },
                text: [
                  ...counts.map((c) => `${c.id}: ${countsText(items.length, c.counts, c.by)}`),
                  out,
                ].join('\n'),
              }
            }),
          ),
        ),
      ),
    ),
})
