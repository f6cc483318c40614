/**
 * The tokenizer and generation files of a model folder, and their copies in another one. A folder from elsewhere may hold links: one
 * that leads out of it would put any file of this machine into a model that is then given to others.
 */
import { copyFile, realpath } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, causeLine, failure } from '../contracts'
import { companionNames } from '../files/companionNames'
import { attemptRead, kindOf, readableFile, unsupported } from '../files/input'

// finding ----------------------------------------------------------------------------------------

/** Names of the companions in a folder. */
export const companionsOf = (folder: string): TE.TaskEither<FormatError, ReadonlyArray<string>> =>
  pipe(
    companionNames,
    TE.traverseArray((name) =>
      pipe(
        kindOf(join(folder, name)),
        TE.map((kind) => (kind === 'file' ? [name] : [])),
      ),
    ),
    TE.map((found) => found.flat()),
  )

// copying ----------------------------------------------------------------------------------------

/** Whether a path is below a folder; both have no links in them. */
const isBelow = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`)
}

/** Where files of a folder may really be: in it, or in the hub's cache, whose snapshots link to `blobs` two folders above them. */
const homesOf = (folder: string): ReadonlyArray<string> => [folder, join(dirname(dirname(folder)), 'blobs')]

/** The file's real path. @returns left: no regular file, or a link that leads out of the folder */
const ownFile = (folder: string, name: string): TE.TaskEither<FormatError, string> => {
  const path = join(folder, name)
  return pipe(
    readableFile(path),
    TE.chain(() => attemptRead(path, () => Promise.all([realpath(folder), realpath(path)]))),
    TE.chainEitherK(([home, real]) =>
      homesOf(home).some((place) => isBelow(place, real))
        ? E.right(real)
        : E.left(
            unsupported(
              path,
              'is a link to a file outside of its folder, which is not copied with the model',
              'if that file belongs to the model, put a copy of it in place of the link',
            ),
          ),
    ),
  )
}

/** Copies the companions of a folder into another one. */
export const copyCompanionFiles = (from: string, to: string): TE.TaskEither<FormatError, void> =>
  pipe(
    companionsOf(from),
    TE.chain(
      TE.traverseSeqArray((name) =>
        pipe(
          ownFile(from, name),
          TE.chain((real) =>
            TE.tryCatch(
              () => copyFile(real, join(to, name)),
              (cause): FormatError => failure('WriteFailed', causeLine(cause), { where: to }),
            ),
          ),
        ),
      ),
    ),
    TE.map(() => undefined),
  )
