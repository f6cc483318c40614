/**
 * The memo port of the interpreter: a result is made once per key. Without a memo every step runs; with a store that keeps results
 * in folders, a run continues where it stopped and shares work with others.
 */
import type { IO } from 'fp-ts/IO'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** Everything that decides a result, as plain JSON. */
export type Key = Readonly<Record<string, unknown>>

/** How one kind of result is kept in a folder. */
export interface Keep<A> {
  readonly read: (folder: string) => TE.TaskEither<Fault, A>
  readonly write: (folder: string, value: A) => TE.TaskEither<Fault, void>
}

/** Makes results once. `E` is what the memo itself can end in. */
export interface Memo<E extends Fault = Fault> {
  /** The result kept under the key; `make` runs only where there is none. A key is computed only by a memo that keeps. */
  readonly once: <F extends Fault, A>(
    key: IO<Key>,
    keep: Keep<A>,
    make: () => TE.TaskEither<F, A>,
  ) => TE.TaskEither<E | F, A>
}

// constructors -----------------------------------------------------------------------------------

/** Keeps nothing: every step is made. */
export const noMemo: Memo<never> = { once: (_, __, make) => make() }
