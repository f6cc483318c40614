/**
 * The store that is a folder: of this machine, or of a disk that many machines share. Pieces are folders that are renamed into place,
 * documents are files, leases are files of `leases/`.
 */
import { existsSync } from 'node:fs'
import { open, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { codeOf, makeFolder, temporaryOf, writeFolderOnce, writeWhole } from '@safe/tensor-core/files'
import { folderLeases } from './folderLease'
import { documentFolders, leaseName, leasesFolder, marks, pieceKinds } from './layout'
import { type LeaseSettings, leaseDefaults } from './leaseFile'
import { type Documents, type PieceKind, type ResultStore, leaseSeconds } from './resultStore'
import { textIn } from './textIn'

// names ------------------------------------------------------------------------------------------

const leaseFile = (folder: string, name: string): string => join(folder, leaseName(name))

/** What is told in an error: the store's own folder, and what happened there. */
const attempting = <A>(where: string, work: () => Promise<A>): TE.TaskEither<Fault, A> =>
  TE.tryCatch(work, (cause): Fault => failure('StoreFailed', causeLine(cause), { where }))

/** The names in a folder; none where there is no such folder. */
const namesIn = async (folder: string): Promise<ReadonlyArray<string>> => {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw cause
  }
}

// documents --------------------------------------------------------------------------------------

const documentsOf = (folder: string): Documents => ({
  read: (name) => attempting(join(folder, name), () => textIn(join(folder, name))),
  write: (name, text) => writeWhole(join(folder, name), text),
  writeNew: (name, text) =>
    attempting(join(folder, name), async () => {
      makeFolder(dirname(join(folder, name)))
      try {
        const file = await open(join(folder, name), 'wx')
        try {
          await file.writeFile(text)
        } finally {
          await file.close()
        }
        return true
      } catch (cause) {
        if (codeOf(cause) === 'EEXIST') return false
        throw cause
      }
    }),
  remove: (name) => attempting(join(folder, name), () => rm(join(folder, name), { force: true })),
  list: (under) =>
    attempting(join(folder, under), async () =>
      (await namesIn(join(folder, under))).filter((name) => !name.startsWith('.')),
    ),
})

// constructors -----------------------------------------------------------------------------------

/** @param settings of leases; a test shortens them */
export const folderStore = (folder: string, settings: LeaseSettings = leaseDefaults): ResultStore => {
  const leases = folderLeases(settings)
  const has = (piece: string): boolean => existsSync(join(folder, piece))
  const takeLease: ResultStore['lease'] = (name) =>
    attempting(leaseFile(folder, name), () => leases.take(leaseFile(folder, name)))

  /** Removes a temporary folder of a piece where nobody works on that piece. */
  const sweepPiece = async (kind: PieceKind, name: string, id: string): Promise<void> => {
    const taken = await leases.take(leaseFile(folder, `${kind}/${id}`))
    if (E.isLeft(taken)) return
    await rm(join(folder, kind, name), { recursive: true, force: true })
    await taken.right.release()
  }
  /** Temporary files that are written in a moment: one that is old was left. */
  const sweepFiles = async (under: string): Promise<void> => {
    for (const name of await namesIn(under)) {
      if (temporaryOf(name) === undefined && !name.endsWith('.ended.tmp')) continue
      const age = await stat(join(under, name)).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      )
      if (age > leaseSeconds * 1000) await rm(join(under, name), { recursive: true, force: true })
    }
  }
  const sweep = attempting(folder, async () => {
    for (const kind of pieceKinds)
      for (const name of await namesIn(join(folder, kind))) {
        const id = temporaryOf(name)
        if (id !== undefined) await sweepPiece(kind, name, id)
      }
    const held = join(folder, leasesFolder)
    for (const name of await namesIn(held))
      if (name.endsWith('.json')) await leases.removeEnded(join(held, name))
    await sweepFiles(folder)
    for (const name of documentFolders) {
      await sweepFiles(join(folder, name))
      // Not empty: others hold leases, or have written documents there.
      await rmdir(join(folder, name)).catch(() => undefined)
    }
  })
  return {
    name: folder,
    folder,
    list: (kind) =>
      attempting(join(folder, kind), async () =>
        (await namesIn(join(folder, kind))).filter(
          (id) => !id.startsWith('.') && has(`${kind}/${id}/${marks[kind]}`),
        ),
      ),
    get: (piece) => TE.fromIO(() => has(piece)),
    put: (piece, fill) =>
      pipe(
        writeFolderOnce(join(folder, piece), fill),
        TE.mapLeft((fault): Fault => fault),
      ),
    documents: documentsOf(folder),
    lease: takeLease,
    sweep,
    close: leases.close,
  }
}
