/** The list of a commit in the cache. A commit never changes, so that nothing has to be asked where its list is kept. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError, HubError } from '../contracts'
import { decodeAs } from '../files/decode'
import { readJson, readOptional } from '../files/input'
import { writeNote } from './cache'
import { ListedFile, checked } from './listedFile'
import { listedFiles } from './listing'
import { type Hub, attemptHub } from './request'

/** Where the list of a commit is kept: a folder that Python's cache tools pass over. */
const keptPath = (folder: string, commit: string): string => join(folder, '.listings', `${commit}.json`)

/** The kept list of a commit. @returns right undefined where none is kept */
export const keptList = (
  folder: string,
  commit: string,
): TE.TaskEither<HubError, ReadonlyArray<ListedFile> | undefined> => {
  const path = keptPath(folder, commit)
  return pipe(
    readOptional(path, (kept) =>
      pipe(
        readJson(kept),
        TE.chainEitherK(decodeAs<FormatError['_tag']>('FileDamaged')(t.readonlyArray(ListedFile), kept)),
      ),
    ),
    TE.chainEitherKW((files) =>
      files === undefined
        ? E.right(undefined)
        : pipe(
            files,
            E.traverseArray((file) => checked(path, file)),
          ),
    ),
  )
}

/** Forgets a kept list that turned out wrong. */
export const forgetList = (hub: Hub, folder: string, commit: string): TE.TaskEither<HubError, void> =>
  attemptHub(hub, () => rm(keptPath(folder, commit), { force: true }))

/** The files of a commit: as kept, else asked for and kept. @param folder the repository's folder in the cache */
export const filesOf = (
  hub: Hub,
  folder: string,
  commit: string,
): TE.TaskEither<HubError, ReadonlyArray<ListedFile>> =>
  pipe(
    keptList(folder, commit),
    TE.chain((kept) =>
      kept !== undefined
        ? TE.right(kept)
        : pipe(
            listedFiles(hub, commit),
            TE.chainFirstW((files) => writeNote(keptPath(folder, commit), JSON.stringify(files))),
          ),
    ),
  )
