/**
 * Reads Parquet files as lines of JSON, decoded in a separate process (`child.ts`). The process is stopped when it takes longer than
 * its bytes can need. When it runs out of memory, that is an error of the file, not the end of the program.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type FormatError, type InputError, badInput } from '../../contracts'
import { childOptions } from '../../files/childOptions'
import { damaged, unsupported } from '../../files/input'

// model ------------------------------------------------------------------------------------------

export type ParquetError = FormatError | InputError

const Word = t.union([
  t.type({ kind: t.literal('work'), bytes: t.number }),
  t.intersection([
    t.type({ kind: t.keyof({ damaged: null, unsupported: null }), message: t.string }),
    t.partial({ row: t.number }),
  ]),
])

// time -------------------------------------------------------------------------------------------

/** Time limit for the start of a process, on a busy machine. */
const startMs = 60_000
/** After that, longest time without a message or a row, */
const silentMs = 10_000
/** plus this for every megabyte that is being decoded: far more than any machine needs. */
const perMegabyteMs = 1000

/** Calls `late` when the process has been silent for too long. Time in which the parent itself is busy does not count. */
const watch = (late: () => void) => {
  const state: { timer?: NodeJS.Timeout; allowed: number } = { allowed: startMs }
  const stop = (): void => clearTimeout(state.timer)
  const wait = (): void => {
    stop()
    state.timer = setTimeout(late, state.allowed)
  }
  return {
    stop,
    wait,
    allow: (bytes: number): void => {
      state.allowed = silentMs + (bytes / 2 ** 20) * perMegabyteMs
      wait()
    },
  }
}

// process ----------------------------------------------------------------------------------------

const file = join(__dirname, `child${extname(__filename)}`)

/** Megabytes of heap for a file: enough for text compressed a hundredfold; a page that grows without end soon exceeds it. */
const heapMegabytes = (bytes: number): number =>
  Math.round(Math.min(getHeapStatistics().heap_size_limit / 2 ** 20, 1024 + (20 * bytes) / 2 ** 20))

const start = (path: string, bytes: number): ChildProcess =>
  fork(file, [path], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    execArgv: [...childOptions(file), `--max-old-space-size=${heapMegabytes(bytes)}`],
  })

const faultOf = (path: string, word: unknown): ParquetError | undefined => {
  if (!Word.is(word) || word.kind === 'work') return undefined
  if (word.row !== undefined)
    return badInput('BadRow', word.message, {
      where: `${path}:${word.row}`,
      remedy: 'correct or remove the row',
    })
  return word.kind === 'unsupported'
    ? unsupported(
        path,
        `is Parquet, but ${word.message}`,
        'write it again with other settings, or as JSON lines',
      )
    : damaged(path, `cannot be read as Parquet (${word.message})`)
}

/**
 * Passes the file's rows to `push` as lines of JSON, piece by piece, until `push` returns a left or the file ends.
 *
 * @param bytes the size of the file
 */
export const streamParquet = async <Err>(
  path: string,
  bytes: number,
  push: (text: string) => E.Either<Err, void>,
): Promise<E.Either<Err | ParquetError, void>> => {
  const child = start(path, bytes)
  const state: { fault?: ParquetError } = {}
  const clock = watch(() => {
    state.fault = damaged(path, 'cannot be read as Parquet (decoding does not end)')
    child.kill('SIGKILL')
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(1))
    child.on('close', resolve)
  })
  child.on('message', (word) => {
    const fault = faultOf(path, word)
    if (fault !== undefined) state.fault ??= fault
    else if (Word.is(word) && word.kind === 'work') clock.allow(word.bytes)
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  clock.wait()
  try {
    child.stdout?.setEncoding('utf8')
    const text: AsyncIterable<string> = child.stdout ?? (async function* () {})()
    for await (const part of text) {
      clock.stop()
      const pushed = push(part)
      if (E.isLeft(pushed)) return pushed
      clock.wait()
    }
    const code = await ended
    return state.fault !== undefined
      ? E.left(state.fault)
      : code === 0
        ? E.right(undefined)
        : E.left(damaged(path, 'cannot be read as Parquet (decoding it took all memory)'))
  } finally {
    clock.stop()
    process.off('exit', kill)
    kill()
  }
}
