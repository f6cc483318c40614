/**
 * Pieces as objects, one for each file. The mark is uploaded last, where there is none: so a piece is whole when its mark is there.
 *
 * A piece is first added to the local copy, then uploaded. Where the upload fails, the copy has it still: the next one who needs it here
 * uploads it and computes nothing. So what the copy has is not known to be in the store until that was looked up, once in each process.
 */
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { makeFolder } from '@safe/tensor-core/files'
import { marks } from '../layout'
import type { Piece, PieceKind, ResultStore } from '../resultStore'
import type { Files } from './files'
import { type LocalCopy, markOf } from './localCopy'
import type { Objects, StoredObject } from './objects'

// parts ------------------------------------------------------------------------------------------

/** Whether what follows a piece in a key can be the path of a file in it: a bucket may hold what other tools put there. */
const isFilePath = (path: string): boolean =>
  !/[\u0000-\u001f\\]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** The files in a folder and in its folders, by their paths from there. */
const filesIn = async (folder: string): Promise<ReadonlyArray<string>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
}

/** Files of one piece that are downloaded at once. */
const atOnce = 4

const inTurns = async <A>(values: ReadonlyArray<A>, work: (value: A) => Promise<void>): Promise<void> => {
  for (let i = 0; i < values.length; i += atOnce) await Promise.all(values.slice(i, i + atOnce).map(work))
}

export interface PieceParts {
  readonly folder: string
  readonly objects: Objects
  readonly files: Files
  readonly local: LocalCopy
  readonly attempting: <A>(where: string, work: () => Promise<A>) => TE.TaskEither<Fault, A>
}

// constructor ------------------------------------------------------------------------------------

export const s3Pieces = ({
  folder,
  objects,
  files,
  local,
  attempting,
}: PieceParts): Pick<ResultStore, 'list' | 'get' | 'put'> => {
  /** Pieces that the store was seen to have; they are never removed from it. */
  const known = new Set<string>()

  const uploaded = async (piece: Piece): Promise<void> => {
    const mark = markOf(piece)
    if ((await objects.metadata(`${piece}/${mark}`)) === undefined) {
      const names = await filesIn(join(folder, piece))
      for (const name of names.filter((each) => each !== mark))
        await files.upload(join(folder, piece, name), `${piece}/${name}`)
      await files.upload(join(folder, piece, mark), `${piece}/${mark}`, { absent: true })
    }
    known.add(piece)
  }

  /** The objects of a whole piece; undefined where there is none. */
  const found = async (piece: Piece): Promise<ReadonlyArray<StoredObject> | undefined> => {
    const all: StoredObject[] = []
    for await (const page of objects.list(`${piece}/`)) all.push(...page)
    const isWhole = all.some(({ key }) => key === `${piece}/${markOf(piece)}`)
    return isWhole ? all.filter(({ key }) => isFilePath(key.slice(piece.length + 1))) : undefined
  }

  const downloaded = (piece: Piece, parts: ReadonlyArray<StoredObject>): TE.TaskEither<Fault, void> =>
    local.add(piece, (temporary) =>
      attempting(piece, () =>
        inTurns(parts, ({ key, size }) => {
          const path = join(temporary, key.slice(piece.length + 1))
          makeFolder(dirname(path))
          return files.download(key, path, size)
        }),
      ),
    )

  const idIn = (kind: PieceKind, key: string): string | undefined => {
    const [, id, name, ...rest] = key.split('/')
    return name === marks[kind] && rest.length === 0 ? id : undefined
  }

  return {
    list: (kind) =>
      attempting(kind, async () => {
        const ids: string[] = []
        for await (const page of objects.list(`${kind}/`))
          ids.push(...page.flatMap(({ key }) => idIn(kind, key) ?? []))
        ids.forEach((id) => known.add(`${kind}/${id}`))
        return ids
      }),
    get: (piece) =>
      local.has(piece)
        ? pipe(
            known.has(piece) ? TE.right(undefined) : attempting(piece, () => uploaded(piece)),
            TE.map(() => true),
          )
        : pipe(
            attempting(piece, () => found(piece)),
            TE.chain((parts) =>
              parts === undefined
                ? TE.right(false)
                : pipe(
                    downloaded(piece, parts),
                    TE.map(() => {
                      known.add(piece)
                      return true
                    }),
                  ),
            ),
          ),
    put: (piece, fill) =>
      pipe(
        local.add(piece, fill),
        TE.filterOrElse(
          () => local.has(piece),
          (): Fault => failure('WriteFailed', `has no ${markOf(piece)}`, { where: join(folder, piece) }),
        ),
        TE.chain(() => attempting(piece, () => uploaded(piece))),
      ),
  }
}
