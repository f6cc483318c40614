/**
 * References that are prompts alone: the aligned model writes their continuation once, and training keeps the current model close to
 * it there, by KL(initial || current) over the positions of the continuation (DualSelect, arXiv 2606.09866).
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Completion,
  type Dataset,
  type Example,
  type Generates,
  type GenerationError,
  type Steps,
  greedy,
} from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** A model that continues prompts, and the token its answers end with. */
export type ContinuingModel = Generates & Pick<Steps, 'stopTokens'>

/** How continuations are written. */
export interface ContinuationChoice {
  /** Longest continuation, tokens. */
  readonly maxNewTokens: number
  /** Prompts continued at once; default 32. */
  readonly batchSize?: number
  /** Called after each batch with the number of its prompts. */
  readonly onProgress?: (prompts: number) => void
}

// parts ------------------------------------------------------------------------------------------

/** Whether a row has a prompt and no response. */
export const isPromptOnly = ({ response }: Example): boolean =>
  response.kind === 'text' ? response.text === '' : response.tokens.length === 0

/** The tokens of a continuation, with the token that ended it. */
export const continuationTokens = (
  { tokens, finishReason }: Completion,
  stopTokens: ReadonlySet<number>,
): ReadonlyArray<number> => {
  const [stop] = stopTokens
  return finishReason === 'stop' && stop !== undefined ? [...tokens, stop] : tokens
}

/** A prompt with its continuation as the response; `raw` is the row with both. */
export const continued = (row: Example, tokens: ReadonlyArray<number>): Example => ({
  ...row,
  response: { kind: 'tokens', tokens },
  raw: JSON.stringify({ id: row.id, prompt: row.prompt, responseTokens: tokens }),
})

// constructors -----------------------------------------------------------------------------------

const chunks = <A>(rows: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size))

/**
 * The rows, those without a response continued by the model: greedily, so the same model always writes the same continuation. Other
 * rows are given back as they are. A continuation that the model ends itself includes its end-of-sequence token.
 */
export const withContinuations = (
  lm: ContinuingModel,
  rows: Dataset,
  { maxNewTokens, batchSize = 32, onProgress }: ContinuationChoice,
): TE.TaskEither<GenerationError, Dataset> =>
  pipe(
    chunks(rows.examples.filter(isPromptOnly), batchSize),
    TE.traverseSeqArray((batch) =>
      pipe(
        lm.generate(
          batch.map(({ prompt }) => ({ prompt })),
          greedy(maxNewTokens),
        ),
        TE.map((completions) => {
          onProgress?.(batch.length)
          return completions.map((c) => continuationTokens(c, lm.stopTokens))
        }),
      ),
    ),
    TE.map((written) => {
      const tokens = written.flat()[Symbol.iterator]()
      const next = (row: Example): Example => {
        const made = tokens.next()
        return made.done === true ? row : continued(row, made.value)
      }
      return { ...rows, examples: rows.examples.map((row) => (isPromptOnly(row) ? next(row) : row)) }
    }),
  )
