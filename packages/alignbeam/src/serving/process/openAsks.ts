/**
 * The asks that a model process has not finished, as a pure table: what each event changes, who is told what, and which asks the
 * process is to give up. An ask is in the table until its last reply, so it gets exactly one, and none after it.
 */
import type { Fault } from '@safe/tensor-core/contracts'
import type { Reply } from '../contract'

// model ------------------------------------------------------------------------------------------

/** `H`: whoever receives the replies of an ask. */
export interface OpenAsks<H> {
  /** The number of the next ask. Numbers are not used twice, so a late reply is not delivered to anybody. */
  readonly next: number
  readonly open: ReadonlyMap<number, H>
}

export type AskEvent<H> =
  | { readonly kind: 'asked'; readonly by: H }
  | { readonly kind: 'replied'; readonly key: number; readonly reply: Reply }
  /** By the one who asked, or because its messages cannot be read. */
  | { readonly kind: 'givenUp'; readonly key: number; readonly fault: Fault }
  /** No open ask will be answered. */
  | { readonly kind: 'ended'; readonly fault: Fault }

export interface Delivery<H> {
  readonly to: H
  readonly reply: Reply
}

export interface AfterEvent<H> {
  readonly asks: OpenAsks<H>
  readonly deliveries: ReadonlyArray<Delivery<H>>
  /** The asks that the model process is to give up. */
  readonly cancelled: ReadonlyArray<number>
}

// constructors -----------------------------------------------------------------------------------

export const noAsks = <H>(): OpenAsks<H> => ({ next: 0, open: new Map() })

// combinators ------------------------------------------------------------------------------------

const without = <H>({ next, open }: OpenAsks<H>, key: number): OpenAsks<H> => ({
  next,
  open: new Map([...open].filter(([other]) => other !== key)),
})

const isLast = (reply: Reply): boolean => reply.kind !== 'text'

const delivered = <H>(asks: OpenAsks<H>, key: number, reply: Reply): AfterEvent<H> => {
  const to = asks.open.get(key)
  return to === undefined
    ? { asks, deliveries: [], cancelled: [] }
    : { asks: isLast(reply) ? without(asks, key) : asks, deliveries: [{ to, reply }], cancelled: [] }
}

export const after = <H>(asks: OpenAsks<H>, event: AskEvent<H>): AfterEvent<H> => {
  switch (event.kind) {
    case 'asked':
      return {
        asks: { next: asks.next + 1, open: new Map([...asks.open, [asks.next, event.by]]) },
        deliveries: [],
        cancelled: [],
      }
    case 'replied':
      return delivered(asks, event.key, event.reply)
    case 'givenUp': {
      const change = delivered(asks, event.key, { kind: 'failed', fault: event.fault })
      return { ...change, cancelled: change.deliveries.length === 0 ? [] : [event.key] }
    }
    case 'ended':
      return {
        asks: { next: asks.next, open: new Map() },
        deliveries: [...asks.open.values()].map((to) => ({
          to,
          reply: { kind: 'failed', fault: event.fault },
        })),
        cancelled: [],
      }
  }
}
