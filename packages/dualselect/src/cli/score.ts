/** `dualselect score`: what DualSelect would select, row by row, without training. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  adapterFolder,
  file,
  optional,
  overwriteOption,
  required,
  rowChoiceOf,
  startEngine,
  stopping,
} from '@safe/tensor-core/cli'
import { refuseExisting } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { openGradientOracle } from '@safe/tensor-core/lm'
import { type ScoreRow, scoreSelections, scoringWork } from '../scoring'
import { inputTable, inputsOf } from './inputs'

const summary = (rows: ReadonlyArray<ScoreRow>, kind: ScoreRow['kind']) => {
  const all = rows.filter((r) => r.kind === kind)
  return { rows: all.length, selected: all.filter((r) => r.selected).length }
}

export const scoreCommand = command({
  name: 'score',
  description: 'scores references against the task gradient, then task rows against the references',
  example:
    'dualselect score --model models/aligned --task task.jsonl --references safe.jsonl --out scores.jsonl',
  options: {
    ...inputTable,
    adapter: optional(adapterFolder('PEFT adapter folder; default: a fresh adapter')),
    out: required(file('JSONL of {kind, batch?, index, id, loss, cosine, score, weight, selected}')),
    ...overwriteOption,
  },
  run: (values, context) => {
    return pipe(
      TE.fromEither(inputsOf(values)),
      TE.chainFirstEitherKW(() => refuseExisting(values.out, values)),
      TE.bindW('given', ({ rows }) => rows(context.warn)),
      TE.chainFirstW(() => startEngine(context)),
      TE.chainW(({ options, recipe, given: { task, references, countTokens } }) =>
        TE.bracketW(
          openGradientOracle({
            model: values.model,
            data: task,
            recipe,
            seed: context.common.seed,
            dtype: context.common.dtype,
            ...rowChoiceOf(values),
            ...(values.adapter === undefined ? {} : { init: values.adapter }),
            onWarning: context.warn,
          }),
          ({ oracle, rows }) => {
            const kept = {
              examples: rows.map(({ example }) => example),
              numbers: rows.map(({ number }) => number),
            }
            const progress = context.progress('score', scoringWork(kept, references))
            return pipe(
              scoreSelections(options, {
                oracle,
                task: kept,
                references,
                batchSize: recipe.batchSize,
                seed: context.common.seed,
                countTokens,
                signal: context.signal,
                onProgress: (n) => progress.tick(n),
              }),
              stopping(() => progress),
            )
          },
          ({ dispose }) => TE.fromIO(dispose),
        ),
      ),
      TE.chainFirstW((rows) => writeJsonl(values.out, rows)),
      TE.map((rows) => {
        const [references, task] = [summary(rows, 'reference'), summary(rows, 'task')]
        return {
          json: { out: values.out, references, task },
          text: `${references.selected} of ${references.rows} references, ${task.selected} of ${task.rows} task rows selected: ${values.out}`,
        }
      }),
    )
  },
})
