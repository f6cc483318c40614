/**
 * A store in which each result is computed once. A result is a folder, named by the hash of everything that determines it and
 * written atomically. A lock file beside it keeps two processes from doing the same work at the same time; the lock of a dead
 * process is removed.
 */
import { existsSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure, interrupted } from '@safe/tensor-core/contracts'
import { contentHash, makeFolder, writeError, writeFolder } from '@safe/tensor-core/files'
import type { Key, Memo } from '@safe/tensor-core/pipeline'
import { readCost, writeCost } from './costFile'
import { type StepRecord, elsewhere, measured, noteStep } from './meter'

// locking ----------------------------------------------------------------------------------------

const waitMs = 100
const pause = (): Promise<void> => new Promise((done) => setTimeout(done, waitMs))

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const nameOf = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined

/** True when the lock was taken, false when another running process holds it (try again: the lock of a dead process is removed). */
export const takeLock = async (path: string): Promise<boolean> => {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (cause) {
    if (nameOf(cause) !== 'EEXIST') throw cause
    const holder = Number(await readFile(path, 'utf8').catch(() => ''))
    // A lock file is empty for a moment between its creation and its writing; an old empty one has no owner.
    const age = await stat(path).then(
      (s) => Date.now() - s.mtimeMs,
      () => 0,
    )
    if (holder > 0 ? !alive(holder) : age > 5000) await rm(path, { force: true })
    return false
  }
}

/** Runs `work` while no other process runs it under the same path. Within one process callers do not exclude each other. */
export const locked = <A>(
  path: string,
  signal: AbortSignal,
  work: () => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  TE.bracket(
    pipe(
      TE.tryCatch(
        async () => {
          while (!(await takeLock(path))) {
            if (signal.aborted) return false
            await pause()
          }
          return true
        },
        (cause): Fault => failure('WorkFailed', causeLine(cause), { where: path }),
      ),
      TE.filterOrElse(
        (taken) => taken,
        (): Fault =>
          interrupted('Interrupted', 'stopped while waiting for another process to do the same work'),
      ),
    ),
    work,
    () => TE.fromTask(() => rm(path, { force: true })),
  )

// constructors -----------------------------------------------------------------------------------

const stepName = ({ step }: Key): string => (typeof step === 'string' ? step : 'other')

/**
 * A memo that stores results under `folder`; `make` runs only where no result is stored yet. The cost of a result is stored beside it,
 * and told to the step that needs the result, whether it is computed or read.
 */
export const workStore = (folder: string, signal: AbortSignal): Memo => ({
  once: (keyOf, keep, make) => {
    const key = keyOf()
    const place = join(folder, contentHash(key))
    const told = (record: StepRecord): void => noteStep(place, { step: stepName(key), ...record })
    const kept = (): boolean => existsSync(place)
    const read = pipe(
      keep.read(place),
      TE.chainFirstTaskK(() => pipe(readCost(place), T.map(told))),
    )
    const makeAndKeep = pipe(
      measured(
        pipe(
          TE.Do,
          TE.chainW(() => make()),
        ),
      ),
      TE.chainFirstW(({ value, record }) =>
        writeFolder(place, (temporary) =>
          pipe(
            keep.write(temporary, value),
            TE.chain(() => writeCost(temporary, record)),
            TE.chain(() =>
              TE.tryCatch(
                () => writeFile(join(temporary, 'key.json'), `${JSON.stringify(key, null, 2)}\n`),
                (cause): Fault => writeError(place)(cause),
              ),
            ),
          ),
        ),
      ),
      TE.map(({ value, record }) => {
        told(record)
        return value
      }),
    )
    return elsewhere(
      pipe(
        TE.fromEither(E.tryCatch(() => makeFolder(folder), writeError(folder))),
        TE.chainW(() =>
          kept() ? read : locked(`${place}.lock`, signal, () => (kept() ? read : makeAndKeep)),
        ),
      ),
    )
  },
})
