/** One run of the training loop over a bench: its oracle, its update rule. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type GradientOracle,
  type InputError,
  badInput,
  noDefence,
  plainRule,
} from '../../contracts'
import { tf } from '../../engine'
import type { EncodedExample, EncodedRows } from '../../text'
import type { OpenedModel } from '../openModel'
import { encodeDataset } from '../rows'
import type { Bench } from './bench'
import { type LoopSettings, trainLoop } from './loop'
import { lmOracle } from './oracle'
import type { RunRecord } from './record'
import type { TrainingError, TrainingRequest } from './request'

// running ----------------------------------------------------------------------------------------

const encodeKnown = (
  opened: OpenedModel,
  encoded: EncodedRows,
  maxLength: number,
): ((e: Example) => E.Either<InputError, EncodedExample>) => {
  const known = new Map<Example, EncodedExample>(encoded.rows.map((row) => [row.example, row]))
  return (e) => {
    const row = known.get(e)
    if (row !== undefined) return E.right(row)
    // Rows of another dataset (safety references) are encoded when they are first seen.
    return pipe(
      encodeDataset(
        { name: 'rows', examples: [e] },
        opened.encoder,
        opened.folder.config.vocabSize,
        maxLength,
      ),
      E.chain((d) => {
        const first = d.rows[0]
        return first === undefined
          ? E.left(
              badInput('BadRow', 'has no response token', {
                where: `row ${e.id}`,
                remedy: 'give it a response',
              }),
            )
          : E.right<InputError, EncodedExample>(first)
      }),
      E.map((row) => {
        known.set(e, row)
        return row
      }),
    )
  }
}

/** Gradients of the bench's trainable vector, and how its rows are encoded. */
export const oracleFor = (
  request: TrainingRequest,
  bench: Bench,
  parameters: () => tf.Tensor,
): {
  readonly oracle: GradientOracle<tf.Tensor>
  readonly encode: (e: Example) => E.Either<InputError, EncodedExample>
} => {
  const encode = encodeKnown(bench.opened, bench.encoded, request.recipe.maxLength)
  return {
    encode,
    oracle: lmOracle({
      trainable: bench.trainable,
      parameters,
      encode,
      loss: request.recipe.loss,
      dropout: bench.trainable.full ? 0 : request.recipe.dropout,
      seed: request.seed,
      initial: bench.start,
    }),
  }
}

/** What the loop takes from the request as it is, where it is given. */
const passedOn = [
  'out',
  'checkpointEvery',
  'resume',
  'log',
  'ruleLog',
  'signal',
  'onStart',
  'onStep',
  'onNote',
] as const

const givenOf = (request: TrainingRequest): Partial<LoopSettings> =>
  Object.fromEntries(passedOn.flatMap((k) => (request[k] === undefined ? [] : [[k, request[k]]])))

/** Trains; the final parameters as one flat vector. */
export const runLoop = (
  request: TrainingRequest,
  bench: Bench,
  run: RunRecord,
): TE.TaskEither<TrainingError, Float32Array> => {
  const current: { parameters: tf.Tensor | undefined } = { parameters: undefined }
  const { oracle, encode } = oracleFor(request, bench, () => current.parameters ?? tf.zeros([0]))
  const counts = (e: Example): { readonly response: number; readonly all: number } =>
    pipe(
      encode(e),
      E.match(
        () => ({ response: 0, all: 0 }),
        (row) => ({
          response: row.responseTokens.length,
          all: row.promptTokens.length + row.responseTokens.length,
        }),
      ),
    )
  return pipe(
    TE.Do,
    TE.bindW('rule', () => (request.defence ?? noDefence.training).apply(plainRule(oracle), oracle)),
    TE.chainW(({ rule }) =>
      trainLoop({
        start: bench.start,
        rows: bench.encoded.rows.map((r) => r.example),
        rowNumbers: bench.encoded.rows.map((r) => r.index),
        tokenCounts: counts,
        recipe: request.recipe,
        seed: request.seed,
        rule,
        run,
        publish: (p) => {
          current.parameters = p
        },
        ...givenOf(request),
      }),
    ),
  )
}

/** Frees the bench when the work is over, however it ends. */
export const disposing =
  <Err, A>(bench: Bench, work: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> =>
  async () => {
    try {
      return await work()
    } finally {
      bench.dispose()
    }
  }
