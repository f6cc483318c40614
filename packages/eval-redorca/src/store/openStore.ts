/** Opens the store that a name stands for, and closes it after its use. */
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { folderStore } from './folderStore'
import type { ResultStore } from './resultStore'
import { type Environment, isS3, parseS3, s3CacheFolder, s3Name } from './s3/location'
import { openS3Store } from './s3/s3Store'

// places -----------------------------------------------------------------------------------------

/** A store by its name, and the local folder it is read through: the same for a folder. Plain data, to be sent to worker processes. */
export interface StorePlace {
  readonly name: string
  readonly folder: string
}

export const placeOf = ({ name, folder }: ResultStore): StorePlace => ({ name, folder })

/** The place of a store that is a folder. */
export const folderPlace = (folder: string): StorePlace => ({ name: folder, folder })

const refused = (where: string, message: string): E.Either<Fault, never> =>
  E.left(
    badInput('BadOption', message, { where, remedy: 'give a folder, file:///PATH or s3://BUCKET/PREFIX' }),
  )

const fromFileUrl = (url: string): E.Either<Fault, StorePlace> =>
  pipe(
    E.tryCatch(
      () => fileURLToPath(url),
      () => url,
    ),
    E.fold(
      (where) => refused(where, 'is not the URL of a folder on this machine'),
      (path) => E.right(folderPlace(path)),
    ),
  )

/**
 * The store that a path or a URL names; nothing is opened.
 *
 * @param nameOrUrl a folder, `file:///PATH` or `s3://BUCKET/PREFIX`
 * @param localFolder this machine's copy of a store of S3; default: a folder of its own in the user's cache. A store that is a folder is
 * read where it is
 * @returns left `BadOption`: a URL of another kind, or one that cannot be read
 */
export const storePlace = (
  nameOrUrl: string,
  localFolder?: string,
  env: Environment = process.env,
): E.Either<Fault, StorePlace> => {
  if (nameOrUrl.trim() === '') return refused('store', 'is empty')
  if (isS3(nameOrUrl))
    return pipe(
      parseS3(nameOrUrl),
      E.map((location) => ({
        name: s3Name(location),
        folder: localFolder ?? s3CacheFolder(location, env),
      })),
    )
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(nameOrUrl)?.[1]?.toLowerCase()
  if (scheme === 'file') return fromFileUrl(nameOrUrl)
  // The rest may hold a password.
  return scheme === undefined
    ? E.right(folderPlace(nameOrUrl))
    : refused(`${scheme}://`, 'is not a kind of store')
}

// stores -----------------------------------------------------------------------------------------

/** @returns left as `openS3Store` for `s3://` names; a folder is opened always */
export const openStore = ({ name, folder }: StorePlace): TE.TaskEither<Fault, ResultStore> =>
  isS3(name)
    ? pipe(
        TE.fromEither(parseS3(name)),
        TE.chain((location) => openS3Store(location, folder)),
      )
    : TE.fromIO(() => folderStore(folder))

/** Opens a store, uses it, and closes it. */
export const withStore = <A>(
  place: StorePlace,
  use: (store: ResultStore) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> => TE.bracket(openStore(place), use, ({ close }) => TE.fromTask(close))
