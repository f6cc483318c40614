/** Observations of a language model on rows: greedy completions of their prompts, or teacher-forced scores of their responses. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type GenerationError,
  type Generates,
  type Scores,
  greedy,
} from '@safe/tensor-core/contracts'
import type { Observation, ObservedField } from './signals'

// model ------------------------------------------------------------------------------------------

/** How rows are observed. */
export interface ObserveOptions {
  /** Longest completion, tokens. */
  readonly maxNewTokens: number
  /** Called with the number of rows done since the last call. */
  readonly onRows?: (count: number) => void
}

/** Rows given to the model at a time, so that progress can be reported; the model makes its own batches of them. */
export const ROWS_AT_ONCE = 128

// constructors -----------------------------------------------------------------------------------

const completions =
  (model: Generates, maxNewTokens: number) =>
  (examples: ReadonlyArray<Example>): TE.TaskEither<GenerationError, ReadonlyArray<Observation>> =>
    pipe(
      model.generate(
        examples.map(({ prompt }) => ({ prompt })),
        greedy(maxNewTokens),
      ),
      TE.map((done) => examples.map(({ id }, i) => ({ id, completion: done[i]?.text ?? '' }))),
    )

const scores =
  (model: Scores) =>
  (examples: ReadonlyArray<Example>): TE.TaskEither<GenerationError, ReadonlyArray<Observation>> =>
    pipe(
      model.score(examples),
      TE.map((rows) => rows.map(({ id, logProbs, correct }) => ({ id, logProbs, correct }))),
    )

/** Observations of all examples that have something to observe, in order. */
export const observe = (
  model: Generates & Scores,
  examples: ReadonlyArray<Example>,
  field: ObservedField,
  { maxNewTokens, onRows }: ObserveOptions,
): TE.TaskEither<GenerationError, ReadonlyArray<Observation>> => {
  const parts = RA.chunksOf(ROWS_AT_ONCE)(examples)
  const look = field === 'completion' ? completions(model, maxNewTokens) : scores(model)
  return pipe(
    parts,
    TE.traverseSeqArray((part) =>
      pipe(
        look(part),
        TE.tapIO(() => () => onRows?.(part.length)),
      ),
    ),
    TE.map((all) => all.flat()),
  )
}
