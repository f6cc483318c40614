/** What mixing needs of a second model: that it reads rows and reports the next token. It never completes them. */
import type { FullDistribution, LmError, NextToken, Prompt, RowEdit } from '@safe/tensor-core/contracts'
import type * as TE from 'fp-ts/TaskEither'

/** A `DecodingSession` without `complete`; each edit gives a new one, and each is freed by its own `dispose`. */
export interface ReadingSession<D extends NextToken = FullDistribution> {
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
  readonly promptLengths: ReadonlyArray<number>
  /** Natural log-probabilities of the next token, one distribution per row. */
  readonly logProbs: TE.TaskEither<LmError, ReadonlyArray<D>>
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, ReadingSession<D>>
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, ReadingSession<D>>
  readonly dispose: () => void
}

/** Any `Steps` is one. */
export interface Reader<D extends NextToken = FullDistribution> {
  readonly open: (prompts: ReadonlyArray<Prompt>) => TE.TaskEither<LmError, ReadingSession<D>>
}
