/**
 * The engine of one model process, as a value of this process. It outlives its process: from then on asks fail with the reason.
 *
 * No reply comes before `ask` or the function that gives an ask up has returned.
 */
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Engine, type Gauges, type Reply, type ServedModels, noGauges } from '../contract'
import { replyCodec } from './contractCodecs'
import { askCancelled } from './faults'
import { type FromModel, type ToModel, read } from './messages'
import { type AskEvent, type Delivery, type OpenAsks, after, noAsks } from './openAsks'

// model ------------------------------------------------------------------------------------------

type OnReply = (reply: Reply) => void

export interface RemoteEngine {
  readonly engine: Engine
  readonly onReplies: (message: Extract<FromModel, { readonly kind: 'replies' }>) => void
  readonly onGauges: (gauges: Gauges) => void
  /** A message could not be read: it may have held anybody's last reply, so all open asks fail, and the process gives them up. */
  readonly onDamaged: (fault: Fault) => void
  /** The process has ended, or will: open asks fail, and all asks from now on. */
  readonly end: (fault: Fault) => void
  /** Number of open asks. */
  readonly open: () => number
}

/** What it needs of its process. */
export interface Channel {
  readonly send: (message: ToModel) => E.Either<Fault, void>
  /** Stops the process. */
  readonly dispose: () => void
}

// constructors -----------------------------------------------------------------------------------

const deliver = (deliveries: ReadonlyArray<Delivery<OnReply>>): void =>
  deliveries.forEach(({ to, reply }) => to(reply))

export const remoteEngine = (models: ServedModels, { send, dispose }: Channel): RemoteEngine => {
  const state: { asks: OpenAsks<OnReply>; gauges: Gauges; over: Fault | null } = {
    asks: noAsks(),
    gauges: noGauges,
    over: null,
  }
  const happen = (event: AskEvent<OnReply>): ReadonlyArray<Delivery<OnReply>> => {
    const { asks, deliveries, cancelled } = after(state.asks, event)
    state.asks = asks
    cancelled.forEach((key) => send({ kind: 'cancel', key }))
    return deliveries
  }
  const soon = (deliveries: ReadonlyArray<Delivery<OnReply>>): void =>
    queueMicrotask(() => deliver(deliveries))

  return {
    engine: {
      models,
      ask: (ask, onReply) => {
        const { over } = state
        if (over !== null) {
          soon([{ to: onReply, reply: { kind: 'failed', fault: over } }])
          return () => undefined
        }
        const key = state.asks.next
        happen({ kind: 'asked', by: onReply })
        const sent = send({ kind: 'ask', key, ask })
        if (E.isLeft(sent)) soon(happen({ kind: 'givenUp', key, fault: sent.left }))
        return () => soon(happen({ kind: 'givenUp', key, fault: askCancelled }))
      },
      gauges: () => state.gauges,
      dispose,
    },
    onReplies: ({ replies }) =>
      replies.forEach(({ key, reply }) => {
        const decoded = read(replyCodec, 'a reply of the model process')(reply)
        deliver(
          happen(
            E.isLeft(decoded)
              ? { kind: 'givenUp', key, fault: decoded.left }
              : { kind: 'replied', key, reply: decoded.right },
          ),
        )
      }),
    onGauges: (gauges) => void (state.gauges = gauges),
    onDamaged: (fault) =>
      deliver([...state.asks.open.keys()].flatMap((key) => happen({ kind: 'givenUp', key, fault }))),
    end: (fault) => {
      state.over = fault
      soon(happen({ kind: 'ended', fault }))
    },
    open: () => state.asks.open.size,
  }
}
