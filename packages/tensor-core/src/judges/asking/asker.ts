/** A question with what answers it: a model in this process, or a server. */
import type * as TE from 'fp-ts/TaskEither'
import type { JudgeError } from '../../contracts'
import type { Judged } from './question'

/** An answer to one question; `cut`: the model saw only a part of the judged texts. */
export interface Answered<A> {
  readonly answer: A
  readonly raw: string
  readonly cut: boolean
}

/** A question and what answers it. */
export interface Asker<A> {
  readonly id: string
  /** What is asked: a hash of weights, or an address. */
  readonly checkpoint: string
  /** One answer per judged texts, in order. */
  readonly ask: (judged: ReadonlyArray<Judged>) => TE.TaskEither<JudgeError, ReadonlyArray<Answered<A>>>
  readonly dispose: () => void
}
