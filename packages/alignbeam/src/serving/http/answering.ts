/** The work on one request: its asks pass the gate, go to the engine, and are given up where the request fails or its client leaves. */
import { type Fault, failure } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Ask, Engine, Reply } from '../contract'
import type { Progress } from './choiceState'
import type { Gate, Job } from './gate'
import { type Problem, notReady, problemOf, queueFull } from './problem'
import type { EngineSource } from './source'

// model ------------------------------------------------------------------------------------------

/** What is told of a request: any number of `progress`, then one `complete` or `failed`, and nothing after it. */
export type Told =
  | { readonly kind: 'progress'; readonly choice: number; readonly reply: Progress }
  | { readonly kind: 'complete' }
  /** `fault`: the engine's own words, for the log. */
  | { readonly kind: 'failed'; readonly problem: Problem; readonly fault?: Fault }

/** Ends the work; the problem is told. Without effect where the work has ended. */
export type Stop = (problem: Problem) => void

/** Where asks go. */
export interface Answerer {
  readonly gate: Gate
  readonly source: EngineSource
}

// constructors -----------------------------------------------------------------------------------

/** An engine must not throw; one that does has failed. */
const askSafely = (engine: Engine, ask: Ask, onReply: (reply: Reply) => void): (() => void) => {
  try {
    return engine.ask(ask, onReply)
  } catch {
    onReply({ kind: 'failed', fault: failure('ModelFailed', 'the engine did not take the request') })
    return () => undefined
  }
}

/** Lets asks in, choice by choice in their order; left where the waiting room is full. `tell` may be called before it returns. */
export const answering =
  ({ gate, source }: Answerer) =>
  (asks: ReadonlyArray<Ask>, tell: (told: Told) => void): E.Either<Problem, Stop> => {
    const giveUps = new Set<() => void>()
    const state = { isOver: false, open: asks.length, leave: (): void => undefined }

    const end = (told: Told): void => {
      if (state.isOver) return
      state.isOver = true
      state.leave()
      for (const giveUp of [...giveUps]) giveUp()
      tell(told)
    }

    const run = (engine: Engine, ask: Ask, choice: number, release: () => void): void => {
      const own = { isDone: false, isGivenUp: false, cancel: (): void => undefined }
      const finish = (): void => {
        own.isDone = true
        giveUps.delete(giveUp)
        release()
      }
      const giveUp = (): void => {
        own.isGivenUp = true
        own.cancel()
        finish()
      }
      giveUps.add(giveUp)
      const cancel = askSafely(engine, ask, (reply) => {
        if (own.isDone || own.isGivenUp) return
        if (reply.kind !== 'text') finish()
        if (reply.kind === 'failed') {
          end({ kind: 'failed', problem: problemOf(reply.fault), fault: reply.fault })
          return
        }
        tell({ kind: 'progress', choice, reply })
        if (reply.kind === 'text') return
        state.open -= 1
        if (state.open === 0) end({ kind: 'complete' })
      })
      // Given up while the engine was taking it.
      if (own.isGivenUp) cancel()
      own.cancel = cancel
    }

    const job =
      (ask: Ask, choice: number): Job =>
      (release) => {
        if (state.isOver) {
          release()
          return
        }
        pipe(
          source.current(),
          E.match(
            (fault) => {
              release()
              end({ kind: 'failed', problem: notReady(fault), fault })
            },
            (engine) => run(engine, ask, choice, release),
          ),
        )
      }

    return pipe(
      gate.enter(asks.map(job)),
      E.mapLeft(queueFull),
      E.map((leave): Stop => {
        state.leave = leave
        // All may have ended before the gate returned.
        if (state.isOver) leave()
        return (problem) => end({ kind: 'failed', problem })
      }),
    )
  }
