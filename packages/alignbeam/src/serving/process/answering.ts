/**
 * The model process's side of the asks: each is handed to the engine under the number the server gave it, and the replies of one
 * turn of the event loop go back as one message, since many rows are decoded per step.
 */
import * as E from 'fp-ts/Either'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import type { Engine, Reply } from '../contract'
import { askCodec } from './contractCodecs'
import { type FromModel, read } from './messages'

// model ------------------------------------------------------------------------------------------

export interface Answering {
  /** `ask` as it came. */
  readonly ask: (key: number, ask: unknown) => void
  /** Gives an ask up, without a reply: the server has told the one who asked. */
  readonly cancel: (key: number) => void
  /** Sends the replies not sent yet. */
  readonly flush: () => void
  /** Number of asks that have not had their last reply. */
  readonly open: () => number
}

interface Numbered {
  readonly key: number
  readonly reply: Reply
}

// constructors -----------------------------------------------------------------------------------

const failed = (fault: Fault): Reply => ({ kind: 'failed', fault })

/** @param send left where a message cannot be sent: an engine's reply may hold what cannot leave the process */
export const answering = (engine: Engine, send: (message: FromModel) => E.Either<Fault, void>): Answering => {
  /** The functions that give up the open asks. */
  const open = new Map<number, () => void>()
  const queue: Numbered[] = []

  const sendOne = (numbered: Numbered): void => {
    const sent = send({ kind: 'replies', replies: [numbered] })
    if (E.isLeft(sent)) {
      open.get(numbered.key)?.()
      open.delete(numbered.key)
      send({ kind: 'replies', replies: [{ key: numbered.key, reply: failed(sent.left) }] })
    }
  }
  const flush = (): void => {
    const replies = queue.splice(0)
    if (replies.length === 0) return
    if (E.isLeft(send({ kind: 'replies', replies }))) replies.forEach(sendOne)
  }
  const push = (key: number, reply: Reply): void => {
    if (queue.push({ key, reply }) === 1) setImmediate(flush)
  }
  const finish = (key: number, fault: Fault): void => {
    if (open.delete(key)) push(key, failed(fault))
  }
  /** Nothing is said of an ask after its last reply, whatever the engine does. */
  const onReply =
    (key: number) =>
    (reply: Reply): void => {
      if (!open.has(key)) return
      if (reply.kind !== 'text') open.delete(key)
      push(key, reply)
    }

  return {
    ask: (key, asked) => {
      open.set(key, () => undefined)
      const ask = read(askCodec, 'an ask')(asked)
      if (E.isLeft(ask)) {
        finish(key, ask.left)
        return
      }
      const taken = E.tryCatch(() => engine.ask(ask.right, onReply(key)), causeLine)
      if (E.isLeft(taken)) finish(key, failure('EngineFailed', taken.left))
      else if (open.has(key)) open.set(key, taken.right)
    },
    cancel: (key) => {
      const giveUp = open.get(key)
      open.delete(key)
      giveUp?.()
    },
    flush,
    open: () => open.size,
  }
}
