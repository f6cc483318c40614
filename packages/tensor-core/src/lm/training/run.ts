/** One run of the training loop over a setup: its oracle, its update rule. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type Fault,
  type GradientOracle,
  type InputError,
  type LmError,
  type TrainingDefence,
  badInput,
  noDefence,
  plainRule,
} from '../../contracts'
import { tf } from '../../engine'
import type { EncodedExample, EncodedRows } from '../../text'
import type { OpenedModel } from '../openModel'
import { encodeDataset } from '../rows'
import { trainLoop } from './loop'
import type { LoopOutputs, TokenCounts } from './loopSettings'
import { lmOracle } from './oracle'
import type { RunRecord } from './record'
import type { TrainingRequest, TrainingRun } from './request'
import type { TrainingSetup } from './setup'

// rows -------------------------------------------------------------------------------------------

/** An example as tokens; left where it has no response token or a token the model does not know. */
type Encode = (e: Example) => E.Either<InputError, EncodedExample>

const encodeKnown = (opened: OpenedModel, encoded: EncodedRows, maxLength: number): Encode => {
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

/** A row that cannot be encoded counts as empty: training refuses it where it takes its gradient. */
const tokenCounts =
  (encode: Encode) =>
  (e: Example): TokenCounts =>
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

// oracle -----------------------------------------------------------------------------------------

/** Gradients of the setup's trainable vector, and how its rows are encoded. */
export const oracleFor = (
  run: TrainingRun,
  setup: TrainingSetup,
  parameters: () => tf.Tensor,
): { readonly oracle: GradientOracle<tf.Tensor>; readonly encode: Encode } => {
  const encode = encodeKnown(setup.opened, setup.encoded, run.recipe.maxLength)
  return {
    encode,
    oracle: lmOracle({
      trainable: setup.trainable,
      parameters,
      encode,
      loss: run.recipe.loss,
      dropout: setup.trainable.full ? 0 : run.recipe.dropout,
      seed: run.seed,
      initial: setup.start,
      ...(setup.origin === undefined ? {} : { origin: setup.origin }),
    }),
  }
}

// running ----------------------------------------------------------------------------------------

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
] as const satisfies ReadonlyArray<keyof LoopOutputs>

const outputsOf = (run: TrainingRun): LoopOutputs =>
  Object.fromEntries(passedOn.flatMap((k) => (run[k] === undefined ? [] : [[k, run[k]]])))

/** Trains; the final parameters as one flat vector. */
export const runLoop = <Err extends Fault>(
  request: TrainingRequest<Err>,
  setup: TrainingSetup,
  run: RunRecord,
): TE.TaskEither<LmError | Err, Float32Array> => {
  const current: { parameters: tf.Tensor | undefined } = { parameters: undefined }
  const { oracle, encode } = oracleFor(request, setup, () => current.parameters ?? tf.zeros([0]))
  const defence: TrainingDefence<Err> = request.defence ?? noDefence.training
  return pipe(
    defence.apply(plainRule(oracle), oracle),
    TE.chainW((rule) =>
      trainLoop({
        start: setup.start,
        rows: setup.encoded.rows.map((r) => r.example),
        rowNumbers: setup.encoded.rows.map((r) => r.index),
        tokenCounts: tokenCounts(encode),
        recipe: request.recipe,
        seed: request.seed,
        rule,
        run,
        publish: (p) => {
          current.parameters = p
        },
        ...outputsOf(request),
      }),
    ),
  )
}

/** Frees the setup when the work is over, however it ends. */
export const disposing =
  <Err, A>(setup: TrainingSetup, work: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> =>
  async () => {
    try {
      return await work()
    } finally {
      setup.dispose()
    }
  }
