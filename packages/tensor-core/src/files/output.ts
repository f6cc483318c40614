/**
 * Atomic outputs: written beside the target under a temporary name, then renamed, so that a target is whole or absent. A target
 * that exists already is refused before any work is done.
 */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, badInput } from '../contracts'
import { writeError } from './writeError'

/** What to do where the output exists already. By default it is refused. */
export interface OutputChoice {
  readonly overwrite?: boolean
  readonly resume?: boolean
}

/** Whether an output is a file or a folder; an existing target of the other kind is never replaced. */
export type OutputKind = 'file' | 'folder'

/** Whether the folder contains the current working directory: such a folder must not be replaced. */
const holdsCurrent = (path: string): boolean => {
  const way = relative(resolve(path), process.cwd())
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}

/** The reason why an existing target cannot be replaced even with `overwrite`; undefined where it can. */
const obstacle = (path: string, kind: OutputKind, overwrite: boolean): string | undefined => {
  const folder = statSync(path).isDirectory()
  if (folder !== (kind === 'folder')) return folder ? 'is a folder' : 'is a file'
  return folder && overwrite && holdsCurrent(path) ? 'holds the current folder' : undefined
}

/** The folder that an output is written into, or the first of its parents that is there. */
const existingParent = (path: string): string => {
  const parent = dirname(path)
  return existsSync(parent) || parent === path ? parent : existingParent(parent)
}

/** Whether the output's folder can be written, or made: hours of work must not end with a path that never could be. */
const writable = (path: string): E.Either<FormatError, string> => {
  const parent = existingParent(path)
  const refuse = (message: string): E.Either<FormatError, string> =>
    E.left(badInput('WriteFailed', message, { where: path, remedy: 'choose another path' }))
  if (!statSync(parent).isDirectory()) return refuse(`cannot be written: ${parent} is a file, not a folder`)
  return pipe(
    E.tryCatch(
      () => accessSync(parent, constants.W_OK),
      (): FormatError =>
        badInput('WriteFailed', `cannot be written: ${parent} is not writable`, {
          where: path,
          remedy: 'choose a folder that you may write to, or change its permissions',
        }),
    ),
    E.map(() => path),
  )
}

/**
 * Checks that an output may be written; to be called before any work is done.
 *
 * @returns the path; left `OutputExists` where the target exists and neither `overwrite` nor `resume` is set, or where it must not
 * be replaced at all (a folder by a file, a file by a folder, a folder that contains the current one); left `WriteFailed` where its
 * folder cannot be written
 */
export const refuseExisting = (
  path: string,
  { overwrite, resume }: OutputChoice = {},
  kind: OutputKind = 'file',
): E.Either<FormatError, string> => {
  if (!existsSync(path)) return writable(path)
  const inTheWay = obstacle(path, kind, overwrite === true)
  if (inTheWay !== undefined)
    return E.left(badInput('OutputExists', inTheWay, { where: path, remedy: 'choose another path' }))
  return overwrite === true || resume === true
    ? E.right(path)
    : E.left(
        badInput('OutputExists', 'exists already', {
          where: path,
          remedy: 'give another path, or `overwrite`',
        }),
      )
}

/** Makes a folder and its parents. Node's own recursive `mkdir` never returns for some paths, such as those under /proc. */
export const makeFolder = (path: string): void => {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  try {
    mkdirSync(path)
  } catch (cause) {
    if (!existsSync(path)) throw cause
  }
}

/** A name that no other process uses, on this machine or on another one that shares the folder (containers share process numbers). */
const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)

const attempt = <A>(path: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, writeError(path))

/**
 * Writes a whole file. An existing target is replaced in one step; on failure it is left as it was.
 *
 * @returns left `WriteFailed`: the file cannot be written
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { existsSync, readFileSync } from 'node:fs'
 * import { isLeft, isRight } from 'fp-ts/Either'
 * import { writeWhole } from '@safe/tensor-core/files'
 *
 * assert(isRight(await writeWhole('notes.txt', 'all of it')()))
 * assert.strictEqual(readFileSync('notes.txt', 'utf8'), 'all of it')
 *
 * assert(isLeft(await writeWhole('notes.txt/inside.txt', 'a file is no folder')()))
 * assert(!existsSync('notes.txt/inside.txt'))
 * ```
 */
export const writeWhole = (path: string, content: string | Uint8Array): TE.TaskEither<FormatError, void> =>
  attempt(path, async () => {
    const temporary = temporaryName(path)
    makeFolder(dirname(path))
    try {
      await writeFile(temporary, content)
      await rename(temporary, path)
    } catch (cause) {
      await rm(temporary, { force: true })
      throw cause
    }
  })

/** Fills a temporary folder beside the target; `settle` moves it there. What was filled is removed where one of them fails. */
const filledFolder = <Err, A>(
  path: string,
  fill: (folder: string) => TE.TaskEither<Err, A>,
  settle: (temporary: string) => Promise<void>,
): TE.TaskEither<Err | FormatError, A> => {
  const temporary = temporaryName(path)
  const discard: TE.TaskEither<FormatError, void> = attempt(path, () =>
    rm(temporary, { recursive: true, force: true }),
  )
  return pipe(
    attempt(path, () => {
      makeFolder(temporary)
      return Promise.resolve()
    }),
    TE.chainW(() => fill(temporary)),
    TE.chainFirstW(() => attempt(path, () => settle(temporary))),
    TE.tapError(() => TE.fromTask(discard)),
  )
}

/**
 * Writes a folder. `fill` writes into a temporary folder beside the target, which replaces the target when `fill` succeeds and is
 * removed when it fails. An existing target is replaced without question: call `refuseExisting` first.
 */
export const writeFolder = <Err, A>(
  path: string,
  fill: (folder: string) => TE.TaskEither<Err, A>,
): TE.TaskEither<Err | FormatError, A> =>
  filledFolder(path, fill, async (temporary) => {
    await rm(path, { recursive: true, force: true })
    await rename(temporary, path)
  })

/**
 * Writes a folder where there is none: an existing target, such as one that another process has made meanwhile, is left as it is, and
 * what `fill` wrote is removed.
 */
export const writeFolderOnce = <Err, A>(
  path: string,
  fill: (folder: string) => TE.TaskEither<Err, A>,
): TE.TaskEither<Err | FormatError, A> =>
  filledFolder(path, fill, async (temporary) => {
    try {
      await rename(temporary, path)
    } catch (cause) {
      if (!existsSync(path)) throw cause
      await rm(temporary, { recursive: true, force: true })
    }
  })

/** The name of the target that a temporary name was made for; undefined for other names. */
export const temporaryOf = (name: string): string | undefined => /^\.(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1]

/** Writes a file part by part. The target is replaced in one step when `fill` succeeds, and left as it was when it fails. */
export const writeParts = <Err>(
  path: string,
  fill: (write: (part: Uint8Array) => TE.TaskEither<FormatError, void>) => TE.TaskEither<Err, void>,
): TE.TaskEither<Err | FormatError, void> => {
  const temporary = temporaryName(path)
  const opened = attempt(path, async () => {
    makeFolder(dirname(path))
    return open(temporary, 'w')
  })
  return pipe(
    TE.bracketW(
      opened,
      (handle) =>
        fill((part) =>
          attempt(path, async () => {
            for (let done = 0; done < part.byteLength;)
              done += (await handle.write(part, done, Math.min(largestWrite, part.byteLength - done)))
                .bytesWritten
          }),
        ),
      (handle) => attempt(path, () => handle.close()),
    ),
    TE.chainW(() => attempt(path, () => rename(temporary, path))),
    TE.tapError(() => TE.fromTask(attempt(path, () => rm(temporary, { force: true })))),
  )
}

const largestWrite = 1 << 30
