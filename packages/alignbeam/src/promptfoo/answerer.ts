/** Who answers a prompt of promptfoo, wherever the models are. */
import type { Fault, Message } from '@safe/tensor-core/contracts'
import type * as TE from 'fp-ts/TaskEither'
import type { Account } from '../serving/contract'

/** An answer. */
export interface Answered {
  readonly text: string
  readonly finishReason: string
  readonly promptTokens: number
  readonly completionTokens: number
  readonly account: Account
}

/** Something that answers conversations. */
export interface Answerer {
  readonly answer: (
    messages: ReadonlyArray<Message>,
    signal: AbortSignal | undefined,
  ) => TE.TaskEither<Fault, Answered>
  /** Frees what was opened; it is opened again where it is needed again. */
  readonly dispose: () => Promise<void>
}
