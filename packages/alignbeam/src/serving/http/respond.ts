/** The response to a request: JSON in one piece, or a stream of server-sent events. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { type AnswerContext, type AcceptedRequest, follow } from './following'
import { type Problem, errorBody } from './problem'
import { endingChunks, openingChunks, progressChunks, wholeBody } from './replyBodies'

// one piece --------------------------------------------------------------------------------------

const respondWhole =
  (context: AnswerContext) =>
  (request: AcceptedRequest): TE.TaskEither<Problem, Response> =>
  () =>
    new Promise((resolve) => {
      const taken = follow(context)(request, {
        progress: () => undefined,
        complete: (states) =>
          resolve(
            E.right(
              new Response(JSON.stringify(wholeBody(request.writing, states)), {
                headers: { 'content-type': 'application/json' },
              }),
            ),
          ),
        failed: (problem) => resolve(E.left(problem)),
      })
      if (E.isLeft(taken)) resolve(taken)
    })

// stream -----------------------------------------------------------------------------------------

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would hold the events back.
  'x-accel-buffering': 'no',
}

interface Events {
  readonly stream: ReadableStream<Uint8Array>
  readonly send: (data: string) => void
  readonly end: () => void
}

/** Server-sent events. What is sent after the reader has left is dropped. */
const events = (): Events => {
  const encoder = new TextEncoder()
  const state: { isOpen: boolean; controller?: ReadableStreamDefaultController<Uint8Array> } = {
    isOpen: true,
  }
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      state.controller = controller
    },
    cancel: () => {
      state.isOpen = false
    },
  })
  return {
    stream,
    send: (data) => {
      if (state.isOpen) state.controller?.enqueue(encoder.encode(`data: ${data}\n\n`))
    },
    end: () => {
      if (state.isOpen) state.controller?.close()
      state.isOpen = false
    },
  }
}

/**
 * The stream begins with the first reply of the engine: what fails before has a status of its own. What fails later is an event with
 * an error, and the stream ends without `[DONE]`.
 */
const respondStreamed =
  (context: AnswerContext) =>
  (request: AcceptedRequest): TE.TaskEither<Problem, Response> =>
  () =>
    new Promise((resolve) => {
      const { writing, asks, trace } = request
      const { stream, send, end } = events()
      const sendAll = (bodies: ReadonlyArray<unknown>): void => bodies.forEach((b) => send(JSON.stringify(b)))
      const state = { hasBegun: false }
      const taken = follow(context)(request, {
        progress: (choice, before, after, reply) => {
          if (!state.hasBegun) {
            state.hasBegun = true
            trace.note({ streamed: true })
            sendAll(openingChunks(writing, asks.length))
            resolve(E.right(new Response(stream, { headers: streamHeaders })))
          }
          sendAll(progressChunks(writing, choice, before, after, reply))
        },
        complete: (states) => {
          sendAll(endingChunks(writing, states))
          send('[DONE]')
          end()
        },
        failed: (problem) => {
          if (state.hasBegun) {
            send(JSON.stringify(errorBody(problem)))
            end()
          } else resolve(E.left(problem))
        },
      })
      if (E.isLeft(taken)) resolve(taken)
    })

// constructors -----------------------------------------------------------------------------------

/** The response; left where there is none. */
export const respond =
  (context: AnswerContext) =>
  (request: AcceptedRequest): TE.TaskEither<Problem, Response> =>
    request.writing.wanted.stream ? respondStreamed(context)(request) : respondWhole(context)(request)
