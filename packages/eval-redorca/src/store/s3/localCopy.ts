/**
 * This machine's copy of a store's pieces, laid out as a results folder. Several processes share it. Whatever is being written stands in
 * a folder of its process under `.incoming`, and is renamed when it is whole.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { makeFolder } from '@safe/tensor-core/files'
import { marks, pieceKinds } from '../layout'
import { type ProcessIdentity, type ProcessView, lifeOf, ownIdentity } from '../processIdentity'
import type { Piece } from '../resultStore'

// model ------------------------------------------------------------------------------------------

export interface LocalCopy {
  readonly has: (piece: Piece) => boolean
  /**
   * Adds a piece that `fill` writes into a temporary folder, whole or not at all. One that is there already, such as one that another
   * process has added meanwhile, is left as it is.
   */
  readonly add: (
    piece: Piece,
    fill: (folder: string) => TE.TaskEither<Fault, void>,
  ) => TE.TaskEither<Fault, void>
  /** Removes what ended processes were writing. */
  readonly sweep: () => Promise<void>
  /** Removes the folder of what is being written, where it is empty. */
  readonly close: () => Promise<void>
}

/** The name of the file that a whole piece has. */
export const markOf = (piece: Piece): string =>
  marks[pieceKinds.find((kind) => piece.startsWith(`${kind}/`)) ?? 'work']

// temporary folders ------------------------------------------------------------------------------

/** What a process of another machine or container was writing is removed when it is that old, milliseconds. */
const foreignAge = 24 * 60 * 60 * 1000

/** Processes of one machine, boot and namespace can see each other. */
const surroundings = ({ host, boot, space }: Pick<ProcessIdentity, 'host' | 'boot' | 'space'>): string =>
  createHash('sha256')
    .update(JSON.stringify([host, boot, space]))
    .digest('hex')
    .slice(0, 12)

const temporaryName = (view: ProcessView): string => {
  const own = ownIdentity(view)
  return [surroundings(own), own.pid, own.began, randomBytes(6).toString('hex')].join('.')
}

/** Whether the process of a temporary name has ended; undefined where it cannot be seen from here. */
const hasEnded = (name: string, view: ProcessView): boolean | undefined => {
  const [place, pid, began = ''] = name.split('.')
  const here = view.here()
  return place === surroundings(here)
    ? lifeOf({ ...here, pid: Number(pid), began }, view) === 'ended'
    : undefined
}

// constructor ------------------------------------------------------------------------------------

export const localCopy = (folder: string, view: ProcessView): LocalCopy => {
  const incoming = join(folder, '.incoming')
  const has = (piece: Piece): boolean => existsSync(join(folder, piece, markOf(piece)))
  const attempting = <A>(piece: Piece, work: () => Promise<A>): TE.TaskEither<Fault, A> =>
    TE.tryCatch(work, (cause): Fault =>
      failure('WriteFailed', causeLine(cause), { where: join(folder, piece) }),
    )
  const close = (): Promise<void> => rmdir(incoming).catch(() => undefined)
  /** Another process may remove `.incoming`, since it is empty, before there is something in it. */
  const made = async (temporary: string, left = 3): Promise<void> => {
    try {
      makeFolder(temporary)
    } catch (cause) {
      if (left <= 1) throw cause
      await made(temporary, left - 1)
    }
  }
  const settle = async (piece: Piece, temporary: string): Promise<void> => {
    const path = join(folder, piece)
    makeFolder(dirname(path))
    // A folder without the mark was not written by this software, or by an early version.
    if (existsSync(path) && !has(piece)) await rm(path, { recursive: true, force: true })
    try {
      await rename(temporary, path)
    } catch (cause) {
      if (!has(piece)) throw cause
    }
  }
  return {
    has,
    add: (piece, fill) => {
      const temporary = join(incoming, temporaryName(view))
      return TE.bracket(
        attempting(piece, () => made(temporary)),
        () =>
          pipe(
            fill(temporary),
            TE.chain(() => attempting(piece, () => settle(piece, temporary))),
          ),
        () => attempting(piece, () => rm(temporary, { recursive: true, force: true })),
      )
    },
    sweep: async () => {
      for (const name of await readdir(incoming).catch(() => [])) {
        const path = join(incoming, name)
        const ended = hasEnded(name, view)
        const age = await stat(path).then(
          ({ mtimeMs }) => Date.now() - mtimeMs,
          () => 0,
        )
        if (ended === true || (ended === undefined && age > foreignAge))
          await rm(path, { recursive: true, force: true })
      }
      await close()
    },
    close,
  }
}
