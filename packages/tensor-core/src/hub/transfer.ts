/** One file from the hub into the cache: continued where an earlier run stopped, checked, and only then under its name. */
import type { Hash } from 'node:crypto'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type * as TE from 'fp-ts/TaskEither'
import { type HubError, badInput, failure } from '../contracts'
import { makeFolder } from '../files/output'
import { blobPath, holds, inSnapshot, placeBlob, startHash } from './cache'
import type { ListedFile } from './listedFile'
import { claimPartial, parkPartial } from './partial'
import { shownRepository } from './reference'
import { type Hub, Declined, ask, attemptHub, bytesOf } from './request'

// model ------------------------------------------------------------------------------------------

/** How the download of one file is reported; `tick` advances by megabytes. */
export interface TransferProgress {
  readonly tick: (steps: number) => void
  readonly stop: () => void
}

/** Starts a report: `total` is in megabytes, rounded up. */
export type ReportTransfer = (label: string, total: number) => TransferProgress

/** A commit of a repository, and its folder in the cache. */
export interface Snapshot {
  readonly hub: Hub
  readonly folder: string
  readonly commit: string
}

const attempts = 5
const firstPause = 200
const megabyte = 1e6

// parts ------------------------------------------------------------------------------------------

const addressOf = ({ hub, commit }: Snapshot, { path }: ListedFile): string => {
  const { kind, name } = hub.repository
  const place = path.split('/').map(encodeURIComponent).join('/')
  return `${hub.settings.endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${name}/resolve/${commit}/${place}`
}

/** What came is not what the list says. */
const wrong = (hub: Hub, file: ListedFile, message: string, again: boolean): Declined =>
  new Declined(
    failure('HubDamaged', `${file.path} ${message}`, {
      where: shownRepository(hub.repository),
      remedy: 'try again; nothing of it was kept',
    }),
    again,
  )

/** The part's bytes so far, hashed. A part that is longer than the file is emptied. */
const hashPart = async (part: FileHandle, file: ListedFile): Promise<{ hash: Hash; have: number }> => {
  const { size } = await part.stat()
  const hash = startHash(file)
  if (size > file.size) {
    await part.truncate(0)
    return { hash, have: 0 }
  }
  const room = new Uint8Array(1 << 20)
  for (let have = 0; have < size;) {
    const { bytesRead } = await part.read(room, 0, room.byteLength, have)
    if (bytesRead === 0) return { hash, have }
    hash.update(room.subarray(0, bytesRead))
    have += bytesRead
  }
  return { hash, have: size }
}

/** The file's size as an answer states it, whole or from an offset; undefined where it does not. */
const statedSize = (answer: Response): number | undefined => {
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')
  if (range !== null) return Number(range[1])
  const length = answer.headers.get('content-length')
  return answer.status !== 206 && length !== null && answer.headers.get('content-encoding') === null
    ? Number(length)
    : undefined
}

const continues = (answer: Response, from: number): boolean =>
  answer.status === 206 && (answer.headers.get('content-range') ?? '').startsWith(`bytes ${from}-`)

/** Bytes of the file that are new, written behind those that the part has. */
const receive = async (
  at: Snapshot,
  file: ListedFile,
  part: FileHandle,
  tick: (bytes: number) => void,
): Promise<void> => {
  const { hub } = at
  const begun = await hashPart(part, file)
  const state = { hash: begun.hash, have: begun.have }
  if (state.have < file.size || file.size === 0) {
    const answer = await ask(hub, addressOf(at, file), {
      'accept-encoding': 'identity',
      ...(state.have > 0 ? { range: `bytes=${state.have}-` } : {}),
    })
    const stated = statedSize(answer)
    if (stated !== undefined && stated !== file.size) {
      await answer.body?.cancel()
      throw wrong(hub, file, `has ${stated} bytes, the list says ${file.size}`, false)
    }
    // A server may answer a request for the rest with the whole.
    if (state.have > 0 && !continues(answer, state.have)) {
      await part.truncate(0)
      Object.assign(state, { hash: startHash(file), have: 0 })
    }
    tick(state.have)
    for await (const chunk of bytesOf(answer)) {
      if (state.have + chunk.byteLength > file.size)
        throw wrong(hub, file, `has more than the ${file.size} bytes of the list`, false)
      for (let done = 0; done < chunk.byteLength;)
        done += (await part.write(chunk, done, chunk.byteLength - done)).bytesWritten
      state.hash.update(chunk)
      state.have += chunk.byteLength
      tick(state.have)
    }
    if (state.have < file.size)
      throw new Error(`${file.path} ended after ${state.have} of ${file.size} bytes`)
  }
  if (state.hash.digest('hex') !== file.hash)
    throw wrong(hub, file, `has another ${file.algorithm} than the list says`, begun.have > 0)
  await part.sync()
}

/** One attempt; a part that turned out wrong is removed. */
const attempt = async (
  at: Snapshot,
  file: ListedFile,
  own: string,
  tick: (bytes: number) => void,
): Promise<void> => {
  const part = await open(own, 'a+')
  try {
    await receive(at, file, part, tick)
  } catch (cause) {
    if (cause instanceof Declined && cause.fault._tag === 'HubDamaged') await part.truncate(0)
    throw cause
  } finally {
    await part.close()
  }
}

const pause = (milliseconds: number, signal: AbortSignal | undefined): Promise<void> =>
  wait(milliseconds, undefined, signal === undefined ? {} : { signal })

const mayAgain = (hub: Hub, cause: unknown): boolean =>
  hub.signal?.aborted !== true && (!(cause instanceof Declined) || cause.again)

const fetchBlob = async (at: Snapshot, file: ListedFile, report: ReportTransfer): Promise<void> => {
  const blob = blobPath(at.folder, file)
  makeFolder(dirname(blob))
  const own = await claimPartial(blob)
  const progress = report(`${file.path} (MB)`, Math.max(1, Math.ceil(file.size / megabyte)))
  const shown = { megabytes: 0 }
  const tick = (bytes: number): void => {
    const megabytes =
      bytes === file.size ? Math.max(1, Math.ceil(bytes / megabyte)) : Math.floor(bytes / megabyte)
    if (megabytes > shown.megabytes) progress.tick(megabytes - shown.megabytes)
    shown.megabytes = Math.max(megabytes, shown.megabytes)
  }
  try {
    for (let tried = 1; ; tried++) {
      try {
        await attempt(at, file, own, tick)
        break
      } catch (cause) {
        if (tried === attempts || !mayAgain(at.hub, cause)) throw cause
        await pause(firstPause * 2 ** (tried - 1), at.hub.signal)
      }
    }
    await rename(own, blob)
  } catch (cause) {
    await parkPartial(blob, own)
    throw cause
  } finally {
    progress.stop()
  }
}

// fetching ---------------------------------------------------------------------------------------

/** @param what what the cache does not hold */
export const offlineMiss = (hub: Hub, what: string): HubError =>
  badInput('HubOffline', `the cache lacks ${what}, and HF_HUB_OFFLINE forbids asking the hub`, {
    where: shownRepository(hub.repository),
    remedy: 'unset HF_HUB_OFFLINE, or download it where there is a connection',
  })

/**
 * Makes sure that a snapshot has a file: nothing is asked for where the cache holds it.
 *
 * @returns left: no access, no connection, other bytes than the list says, or `HubOffline` where it would have to be asked for
 */
export const fetchFile =
  (at: Snapshot, report: ReportTransfer) =>
  (file: ListedFile): TE.TaskEither<HubError, void> =>
    attemptHub(at.hub, async () => {
      if (await inSnapshot(at.folder, at.commit, file)) return
      if (!(await holds(blobPath(at.folder, file), file))) {
        if (at.hub.settings.offline) throw new Declined(offlineMiss(at.hub, file.path))
        await fetchBlob(at, file, report)
      }
      await placeBlob(at.folder, at.commit, file)
    })
