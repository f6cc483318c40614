/** Follows the work on one request: what its choices have so far, its limit of time, and what its trace is to know. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Ask } from '../contract'
import { type Answerer, type Stop, type Told, answering } from './answering'
import { type ChoiceState, type Progress, afterReply, noText, usageOf } from './choiceState'
import { type Problem, clientGone, timedOut } from './problem'
import { type Writing, needsTokens } from './replyBodies'
import type { Trace } from './trace'

// model ------------------------------------------------------------------------------------------

/** What a server has for all its requests. */
export interface AnswerContext {
  readonly answerer: Answerer
  /** Seconds. */
  readonly requestTimeout: number
  readonly logPrompts: boolean
  /** The work that is open: all of it is stopped where the server can wait no longer. */
  readonly open: Set<Stop>
}

/** One request, ready to be answered. */
export interface AcceptedRequest {
  readonly writing: Writing
  readonly asks: ReadonlyArray<Ask>
  readonly trace: Trace
}

/** Who writes the answer. After `complete` or `failed` nothing is called. */
export interface Writer {
  readonly progress: (choice: number, before: ChoiceState, after: ChoiceState, reply: Progress) => void
  readonly complete: (states: ReadonlyArray<ChoiceState>) => void
  readonly failed: (problem: Problem) => void
}

// constructors -----------------------------------------------------------------------------------

/** Starts the work on a request. Left: it was not taken; then the writer is not called. */
export const follow =
  ({ answerer, requestTimeout, logPrompts, open }: AnswerContext) =>
  ({ writing, asks, trace }: AcceptedRequest, writer: Writer): E.Either<Problem, void> => {
    const { wanted } = writing
    const fold = afterReply(needsTokens(wanted))
    const states = asks.map(() => noText)
    const run = { isFirst: true, isOver: false, close: (): void => undefined }

    const texts = () =>
      logPrompts ? { texts: { prompts: wanted.prompts, completions: states.map(({ text }) => text) } } : {}

    const onProgress = (choice: number, reply: Progress): void => {
      if (run.isFirst && reply.kind === 'text') {
        run.isFirst = false
        trace.note({ firstTextSeconds: trace.seconds() })
      }
      const before = states[choice] ?? noText
      const after = fold(before, reply)
      states[choice] = after
      writer.progress(choice, before, after, reply)
    }

    const tell = (told: Told): void => {
      if (told.kind === 'progress') {
        onProgress(told.choice, told.reply)
        return
      }
      run.isOver = true
      run.close()
      if (told.kind === 'complete') {
        const usage = usageOf(states, wanted.choices)
        trace.note({
          promptTokens: usage.prompt_tokens,
          cachedTokens: usage.prompt_tokens_details.cached_tokens,
          completionTokens: usage.completion_tokens,
          ...texts(),
        })
        writer.complete(states)
        return
      }
      const { problem, fault } = told
      trace.note({ problem, ...(fault === undefined ? {} : { fault }), ...texts() })
      writer.failed(problem)
    }

    return pipe(
      answering(answerer)(asks, tell),
      E.map((stop) => {
        if (run.isOver) return
        const left = Math.max(0, requestTimeout - trace.seconds())
        const timer = setTimeout(() => stop(timedOut(requestTimeout)), left * 1000)
        open.add(stop)
        run.close = () => {
          clearTimeout(timer)
          open.delete(stop)
        }
        trace.onGone(() => stop(clientGone))
      }),
    )
  }
