/**
 * The memo port of the interpreter: a result is computed once per key. Without a memo every step runs; with a store that keeps
 * results in folders, a run continues where it stopped and shares work with other runs.
 */
import type { IO } from 'fp-ts/IO'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** Everything that determines a result, as plain JSON. */
export type Key = Readonly<Record<string, unknown>>

/** How one kind of result is stored in a folder. */
export interface Keep<A> {
  readonly read: (folder: string) => TE.TaskEither<Fault, A>
  readonly write: (folder: string, value: A) => TE.TaskEither<Fault, void>
}

/** Computes each result once. `E` is the error of the memo itself. */
export interface Memo<E extends Fault = Fault> {
  /** The result stored under the key; `make` runs only where there is none. A memo that stores nothing does not compute the key. */
  readonly once: <F extends Fault, A>(
    key: IO<Key>,
    keep: Keep<A>,
    make: () => TE.TaskEither<F, A>,
  ) => TE.TaskEither<E | F, A>
}

// constructors -----------------------------------------------------------------------------------

/** Stores nothing: every step runs. */
export const noMemo: Memo<never> = { once: (_, __, make) => make() }
