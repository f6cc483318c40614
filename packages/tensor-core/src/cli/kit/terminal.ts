/** What a command reports while it works: progress and warnings on stderr, a bar on a terminal and plain lines otherwise. */
import { SingleBar } from 'cli-progress'
import type * as TE from 'fp-ts/TaskEither'
import { printable } from './printable'

// model ------------------------------------------------------------------------------------------

/** Progress of one piece of work of known length. */
export interface Progress {
  /**
   * Advances by `steps`, with a short note (`loss 1.234`).
   *
   * @param secondsLeft where the caller knows better than by the share of the steps
   */
  readonly tick: (steps: number, note?: string, secondsLeft?: number) => void
  readonly stop: () => void
}

/** Everything a command may report on stderr while it works. */
export interface Terminal {
  readonly note: (line: string) => void
  readonly warn: (line: string) => void
  readonly progress: (label: string, total: number) => Progress
}

// constructors -----------------------------------------------------------------------------------

const clock = (seconds: number): string => {
  const s = Math.max(0, Math.round(seconds))
  return s < 60 ? `${s}s` : `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`
}

/** The seconds left, by default in proportion to the steps; undefined before the first step and after the last. */
const leftOf = (started: number, done: number, total: number, told?: number): number | undefined =>
  done >= total || (done === 0 && told === undefined)
    ? undefined
    : (told ?? ((Date.now() - started) / 1000 / Math.max(1e-9, done)) * (total - done))

const bar = (label: string, total: number): Progress => {
  const started = Date.now()
  const single = new SingleBar({
    format: '{label} {bar} {value}/{total} {left} {note}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    stopOnComplete: false,
    autopadding: false,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    gracefulExit: false,
  })
  const state = { done: 0 }
  single.start(total, 0, { label, left: '', note: '' })
  return {
    tick: (steps, note = '', secondsLeft) => {
      state.done += steps
      const left = leftOf(started, state.done, total, secondsLeft)
      single.update(state.done, { label, note, left: left === undefined ? '' : `${clock(left)} left` })
    },
    stop: () => single.stop(),
  }
}

/** A line at most every five seconds, and one at the end: logs stay readable. */
const lines = (label: string, total: number): Progress => {
  const started = Date.now()
  const state = { done: 0, last: started }
  const say = (note: string, told?: number): void => {
    const left = leftOf(started, state.done, total, told)
    process.stderr.write(
      `${label}: ${state.done}/${total}, ${clock((Date.now() - started) / 1000)}${left === undefined ? '' : `, ${clock(left)} left`}${note === '' ? '' : `, ${note}`}\n`,
    )
  }
  return {
    tick: (steps, note = '', secondsLeft) => {
      state.done += steps
      if (Date.now() - state.last < 5000 && state.done < total) return
      state.last = Date.now()
      say(note, secondsLeft)
    },
    stop: () => undefined,
  }
}

/** The work, with its progress stopped however it ends; the progress may be started within it. */
export const stopping =
  (progress: () => Progress | undefined) =>
  <Err, A>(work: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> =>
  async () => {
    try {
      return await work()
    } finally {
      progress()?.stop()
    }
  }

/** Reports nothing: `--quiet`, and tests. */
export const silentTerminal: Terminal = {
  note: () => undefined,
  warn: () => undefined,
  progress: () => ({ tick: () => undefined, stop: () => undefined }),
}

/** `quiet` leaves errors only. */
export const terminal = (quiet: boolean): Terminal =>
  quiet
    ? silentTerminal
    : {
        note: (line) => void process.stderr.write(`${printable(line)}\n`),
        warn: (line) => void process.stderr.write(`warning: ${printable(line)}\n`),
        progress: process.stderr.isTTY ? bar : lines,
      }
