/**
 * The cache, laid out as by Python's `huggingface_hub`: `models--ORG--NAME/` holds `blobs/HASH`, `snapshots/COMMIT/PATH` (relative
 * links to blobs; copies where links are impossible) and `refs/REVISION` (the commit).
 */
import { createHash, type Hash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, readdir, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { HubError } from '../contracts'
import { writeError } from '../files/writeError'
import { codeOf, readOptional, readText } from '../files/input'
import { makeFolder } from '../files/output'
import { isSafeName } from './fileNames'
import type { ListedFile } from './listedFile'
import { type Repository, isCommit } from './reference'

// places -----------------------------------------------------------------------------------------

/** The folder of a repository. */
export const repositoryFolder = (cache: string, { kind, name }: Repository): string =>
  join(cache, `${kind}s--${name.replace('/', '--')}`)
export const snapshotFolder = (folder: string, commit: string): string => join(folder, 'snapshots', commit)
export const blobPath = (folder: string, { hash }: ListedFile): string => join(folder, 'blobs', hash)
const pointerPath = (folder: string, commit: string, { path }: ListedFile): string =>
  join(snapshotFolder(folder, commit), ...path.split('/'))

// hashes -----------------------------------------------------------------------------------------

/** The running hash of a file; that of a git blob starts with its size. */
export const startHash = ({ algorithm, size }: ListedFile): Hash =>
  algorithm === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)

const hasHash = async (path: string, file: ListedFile): Promise<boolean> => {
  const hash = startHash(file)
  const parts: AsyncIterable<Uint8Array> = createReadStream(path, { highWaterMark: 1 << 20 })
  for await (const part of parts) hash.update(part)
  return hash.digest('hex') === file.hash
}

/** Blobs up to this size are hashed again at each use. */
const cheapBytes = 1 << 26

/**
 * Whether a path holds the listed file. A large blob is known by its name, which it only gets when its hash is right, and by its
 * size; all others are hashed.
 */
export const holds = async (path: string, file: ListedFile): Promise<boolean> => {
  try {
    const real = await realpath(path)
    const found = await stat(real)
    if (!found.isFile() || found.size !== file.size) return false
    return (basename(real) === file.hash && found.size > cheapBytes) || (await hasHash(real, file))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return false
    throw cause
  }
}

// writing ----------------------------------------------------------------------------------------

/** Puts a file in place in one step, under a temporary name that no other process of any machine uses. */
const inOneStep = async (path: string, make: (temporary: string) => Promise<void>): Promise<void> => {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  makeFolder(dirname(path))
  try {
    await make(temporary)
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
}

/** Writes a small text of the cache. */
export const writeNote = (path: string, text: string): TE.TaskEither<HubError, void> =>
  TE.tryCatch(() => inOneStep(path, (temporary) => writeFile(temporary, text)), writeError(path))

// snapshots --------------------------------------------------------------------------------------

/** Whether a snapshot has the listed file. */
export const inSnapshot = (folder: string, commit: string, file: ListedFile): Promise<boolean> =>
  holds(pointerPath(folder, commit, file), file)

/** Puts a blob into a snapshot, in one step. */
export const placeBlob = async (folder: string, commit: string, file: ListedFile): Promise<void> => {
  const blob = blobPath(folder, file)
  const pointer = pointerPath(folder, commit, file)
  await inOneStep(pointer, async (temporary) => {
    try {
      await symlink(relative(dirname(pointer), blob), temporary)
    } catch {
      await copyFile(blob, temporary)
    }
  })
}

/** The files of a snapshot that links show by hash: what Python downloaded, where no list is kept. */
export const filesOnDisk = async (folder: string, commit: string): Promise<ReadonlyArray<ListedFile>> => {
  const top = snapshotFolder(folder, commit)
  const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => [])
  const found: Array<ListedFile> = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const real = await realpath(path).catch(() => undefined)
    const hash = real === undefined ? '' : basename(real)
    const name = relative(top, path).split(sep).join('/')
    if (real !== undefined && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) && isSafeName(name))
      found.push({
        path: name,
        size: (await stat(real)).size,
        algorithm: hash.length === 64 ? 'sha256' : 'git-sha1',
        hash,
      })
  }
  return found
}

// revisions --------------------------------------------------------------------------------------

const refPath = (folder: string, revision: string): string => join(folder, 'refs', ...revision.split('/'))

/** The commit that a revision was when it was last fetched. */
export const cachedCommit = (
  folder: string,
  revision: string,
): TE.TaskEither<HubError, string | undefined> =>
  isCommit(revision)
    ? TE.right(revision)
    : pipe(
        readOptional(refPath(folder, revision), readText),
        TE.map((text) => (text !== undefined && isCommit(text.trim()) ? text.trim() : undefined)),
      )

/** Remembers which commit a revision is. */
export const keepCommit = (
  folder: string,
  revision: string,
  commit: string,
): TE.TaskEither<HubError, void> =>
  isCommit(revision) ? TE.right(undefined) : writeNote(refPath(folder, revision), commit)
