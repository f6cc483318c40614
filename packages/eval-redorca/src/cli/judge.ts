/** `judges` and `judge`: the available judges of completions, and the verdicts of one of them. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  dataFile,
  file,
  flag,
  judgeOfOption,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Fault, JudgeItem } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { type JudgeEntry, judges } from '@safe/tensor-core/judges'
import { type Row, rowsOf, textField } from './rowFields'

/** How it is given: `llama-guard@1:MODEL`. */
const spelled = ({ name, version, needs }: Pick<JudgeEntry, 'name' | 'version' | 'needs'>): string =>
  `${name}@${version}${needs.length === 0 ? '' : ':MODEL'}`

const optionLines = (options: JudgeEntry['options']): ReadonlyArray<string> =>
  Object.entries(options).map(
    ([name, option]) =>
      `    ,${name}=${option.values?.join('|') ?? '...'}  ${option.description}${option.default === undefined ? '' : ` (default ${option.default})`}`,
  )

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
      text: known
        .map((j) => [`${spelled(j)}  ${j.description}`, ...optionLines(j.options)].join('\n'))
        .join('\n'),
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

export const judgeCommand = command({
  name: 'judge',
  description: 'judge completions; a verdict that cannot be parsed is null, never safe',
  options: {
    judge: required(text('judge, one of `redorca judges`', 'KIND[:MODEL][,option=value...]')),
    data: required(dataFile('JSONL or CSV rows with a completion')),
    out: required(file('JSONL of verdicts')),
    overwrite: flag('replace an existing output'),
    ...fieldOptions,
  },
  run: ({ judge, data, out, overwrite, promptField, completionField }, context) =>
    pipe(
      TE.Do,
      TE.bindW('opened', () => judgeOfOption(context, '--judge', judge)),
      TE.let('judging', ({ opened }) => opened.judge),
      TE.chainFirstEitherKW(() => refuseExisting(out, { overwrite })),
      TE.bindW('rows', () => rowsOf(data)),
      TE.bindW('items', ({ rows }) =>
        TE.fromEither(pipe(rows, E.traverseArray(itemOf(promptField, completionField)))),
      ),
      TE.bindW('judgements', ({ judging, items }) => judging.judge(items)),
      TE.tapIO(({ opened }) => opened.dispose),
      TE.chainFirstW(({ judgements }) => writeJsonl(out, judgements)),
      TE.map(({ judging, judgements }) => {
        const refused = judgements.filter((j) => j.verdict.refused === true).length
        const unparseable = judgements.filter((j) => j.score === null).length
        return {
          json: { judge: judging.id, rows: judgements.length, refused, unparseable, out },
          text: `${judgements.length} rows, ${refused} refused, ${unparseable} unparseable: ${out}`,
        }
      }),
    ),
})
