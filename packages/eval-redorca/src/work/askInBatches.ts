/** Puts many items to a judge in batches, so that it can be stopped and says how far it is. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Fault,
  type Judge,
  type JudgeItem,
  type Judgement,
  interrupted,
} from '@safe/tensor-core/contracts'
import { askedInOrder } from '../suite/samples'

/** How a judge is asked. */
export interface Asking {
  readonly batchSize: number
  readonly signal: AbortSignal
  /** Called after each batch with the number of its items. */
  readonly onDone: (items: number) => void
  /** What is being done, for the message where it is stopped; default: judging. */
  readonly doing?: string
}

/** Asks in batches. @returns one answer per item, in order; left `Interrupted` where it was stopped, or a fault of asking */
export const inBatches =
  ({ batchSize, signal, onDone, doing = 'judging' }: Asking) =>
  <A, B>(ask: (batch: ReadonlyArray<A>) => TE.TaskEither<Fault, ReadonlyArray<B>>) =>
  (items: ReadonlyArray<A>): TE.TaskEither<Fault, ReadonlyArray<B>> =>
    pipe(
      items.length === 0 ? [] : RA.chunksOf(batchSize)(items),
      TE.traverseSeqArray((batch): TE.TaskEither<Fault, ReadonlyArray<B>> =>
        signal.aborted
          ? TE.left(interrupted('Interrupted', `stopped while ${doing}`))
          : pipe(
              ask(batch),
              TE.map((said) => {
                onDone(batch.length)
                return said
              }),
            ),
      ),
      TE.map((batches) => batches.flat()),
    )

/** One judgement per item, in order. @returns left `Interrupted` where it was stopped, or the judge's own fault */
export const askInBatches =
  (asking: Asking) =>
  (judge: Judge): ((items: ReadonlyArray<JudgeItem>) => TE.TaskEither<Fault, ReadonlyArray<Judgement>>) =>
    inBatches(asking)(askedInOrder(judge))
