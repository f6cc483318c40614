/** `tensor-core score`: log-probability of every response token under a model. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  dataFile,
  file,
  integer,
  modelChoiceOf,
  modelOptions,
  overwriteOption,
  required,
  startEngine,
  withDefault,
} from './kit'
import { type LmError, type Score, failure } from '../contracts'
import { refuseExisting } from '../files'
import { readDataset, writeJsonl } from '../formats'
import { causalLMOf, encodedRows, openModel } from '../lm'
import { encodingWarnings, tokenExamples } from '../text'

const scoreRow = (s: Score): Readonly<Record<string, unknown>> => ({
  id: s.id,
  tokens: s.tokens,
  logProbs: s.logProbs,
  nll: s.nll,
  correct: s.correct.map(Number),
})

export const scoreCommand = command({
  name: 'score',
  description: 'log-probability of every response token, teacher-forced',
  example: 'tensor-core score --model models/aligned --data rows.jsonl --out scores.jsonl',
  options: {
    ...modelOptions,
    data: required(dataFile('rows to score')),
    out: required(file('JSONL of {id, tokens, logProbs, nll, correct}')),
    maxLength: withDefault(1024, integer('tokens per row; longer rows are cut on the right', { min: 2 })),
    ...overwriteOption,
  },
  run: (values, context) => {
    const choice = modelChoiceOf(values, context)
    return pipe(
      TE.Do,
      TE.bindW('target', () => TE.fromEither(refuseExisting(values.out, values))),
      TE.bindW('data', () => readDataset(values.data)),
      TE.bindW('engine', () => startEngine(context)),
      TE.bindW('opened', () => openModel(values.model, choice)),
      TE.bindW('encoded', ({ data, opened }) => TE.fromEither(encodedRows(opened, data, values.maxLength))),
      TE.chainW(({ data, encoded, opened }) => {
        encodingWarnings(encoded, values.maxLength).forEach((line) => context.warn(`${data.name}: ${line}`))
        const rows = tokenExamples(encoded)
        const progress = context.progress('score', rows.length)
        return pipe(
          TE.bracket(
            causalLMOf(opened, choice),
            (lm) =>
              pipe(
                RA.chunksOf(values.batchSize * 8)(rows),
                TE.traverseSeqArray((chunk) =>
                  pipe(
                    lm.score(chunk),
                    TE.map((scores) => {
                      progress.tick(chunk.length)
                      return scores
                    }),
                  ),
                ),
              ),
            (lm) =>
              TE.fromIO(() => {
                progress.stop()
                lm.dispose()
              }),
          ),
          TE.map((scores) => scores.flat()),
          TE.filterOrElseW(
            (scores) => scores.every((s) => Number.isFinite(s.nll)),
            (scores): LmError =>
              failure('ModelFailed', 'has a score that is not a number', {
                where: `${values.data}, row ${scores.find((s) => !Number.isFinite(s.nll))?.id ?? ''}`,
                remedy: 'check the weights of the model and the adapter',
              }),
          ),
          TE.chainFirstW((scores) => writeJsonl(values.out, scores.map(scoreRow))),
          TE.map((scores) => {
            const tokens = scores.reduce((n, s) => n + s.logProbs.length, 0)
            const nll = scores.reduce((n, s) => n + s.nll, 0) / Math.max(1, scores.length)
            return {
              json: {
                out: values.out,
                rows: scores.length,
                tokens,
                meanNll: nll,
                skipped: encoded.skipped,
                cut: encoded.cut,
              },
              text: `${scores.length} rows, ${tokens} response tokens, mean loss ${nll.toFixed(4)} nats: ${values.out}`,
            }
          }),
        )
      }),
    )
  },
})
