/** A place that owns one session at a time. */
import type { LmError } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'

/** What is moved into it frees what it held. */
export interface Slot<S> {
  readonly now: () => S
  /** Where `next` fails, the session stays. */
  readonly move: (next: TE.TaskEither<LmError, S>) => TE.TaskEither<LmError, void>
  readonly dispose: () => void
}

interface Rows<S> {
  readonly tokens: ReadonlyArray<unknown>
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, S>
  readonly dispose: () => void
}

/** A slot that holds this session, which is the slot's from here on. */
export const slotOf = <S extends Rows<S>>(first: S): Slot<S> => {
  const held = { session: first }
  return {
    now: () => held.session,
    move: (next) =>
      pipe(
        next,
        TE.map((session) => {
          held.session.dispose()
          held.session = session
        }),
      ),
    dispose: () => held.session.dispose(),
  }
}

const stay: TE.TaskEither<LmError, void> = TE.right(undefined)

/** Keeps the rows at these places, where the session has others too. */
export const keepOnly =
  <S extends Rows<S>>(slot: Slot<S>, places: ReadonlyArray<number>): TE.TaskEither<LmError, void> =>
  () =>
    (places.length === slot.now().tokens.length ? stay : slot.move(slot.now().select(places)))()
