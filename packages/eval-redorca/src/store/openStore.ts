/** Opens the store that a name stands for, and closes it after its use. */
import * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { folderStore } from './folderStore'
import type { ResultStore } from './resultStore'

/** A store by its name, and the local folder it is read through: the same for a folder. Plain data, to be sent to worker processes. */
export interface StorePlace {
  readonly name: string
  readonly folder: string
}

export const placeOf = ({ name, folder }: ResultStore): StorePlace => ({ name, folder })

export const openStore = ({ folder }: StorePlace): TE.TaskEither<Fault, ResultStore> =>
  TE.fromIO(() => folderStore(folder))

/** Opens a store, uses it, and closes it. */
export const withStore = <A>(
  place: StorePlace,
  use: (store: ResultStore) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> => TE.bracket(openStore(place), use, ({ close }) => TE.fromTask(close))

/** The place of a store that is a folder. */
export const folderPlace = (folder: string): StorePlace => ({ name: folder, folder })
