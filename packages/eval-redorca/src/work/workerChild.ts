/** A worker's operating-system process: forked with the flags of this process, sent messages, and finally closed or killed. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, causeLine } from '@safe/tensor-core/contracts'
import { type FromWorker, type ToWorker, fromWorker } from './messages'
import type { Crashed } from './schedule'

// model ------------------------------------------------------------------------------------------

export interface ChildSettings {
  /** Cores that a worker may use. */
  readonly threads: number
  readonly execArgv: ReadonlyArray<string>
  /** Every process started, so that all can be stopped. */
  readonly children: Set<ChildProcess>
  /** A warning of a judge that a worker asks. */
  readonly onWarning?: (line: string) => void
}

export interface Child {
  readonly process: ChildProcess
  /** The last characters it wrote there. */
  stderr: string
  /** How it ended, once it has. */
  ended?: Crashed
}

/** What a worker answers to `open`, `time` or a task. */
export type Answer = Exclude<FromWorker, { readonly kind: 'progress' | 'warning' | 'failed' }>

// starting ---------------------------------------------------------------------------------------

const script = join(__dirname, `worker${extname(__filename)}`)
/** Number of last characters of a worker's stderr that are kept, for the message if it dies. */
const keptCharacters = 2000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

/** `killed by SIGKILL`, `exit 9`, or what it wrote last. */
const crashed = (stderr: string, code: number | null, signal: string | null): Crashed => {
  const last = lastLine(stderr)
  const killed = signal === null ? '' : `killed by ${signal}`
  return {
    _tag: 'Crashed',
    reason: [killed, last].filter((part) => part !== '').join(': ') || `exit ${code ?? 'unknown'}`,
  }
}

const watched = (process: ChildProcess, { children, onWarning }: ChildSettings): Child => {
  const child: Child = { process, stderr: '' }
  children.add(process)
  process.on('exit', (code, signal) => {
    children.delete(process)
    child.ended = crashed(child.stderr, code, signal)
  })
  // Not even started: there is no process, and no exit follows.
  process.on('error', (cause) => {
    if (process.pid !== undefined) return
    children.delete(process)
    child.ended = crashed(causeLine(cause), null, null)
  })
  process.on('message', (u) => {
    if (fromWorker.is(u) && u.kind === 'warning') onWarning?.(u.line)
  })
  process.stderr?.on('data', (chunk: Buffer) => {
    child.stderr = (child.stderr + chunk.toString('utf8')).slice(-keptCharacters)
  })
  return child
}

/** Forks a worker. @returns `Crashed` where the system has no room for another process */
export const forked = (settings: ChildSettings): Child | Crashed => {
  try {
    const process = fork(script, [], {
      execArgv: [...settings.execArgv],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...globalThis.process.env, SAFE_THREADS: String(settings.threads), TF_CPP_MIN_LOG_LEVEL: '2' },
    })
    return watched(process, settings)
  } catch (cause) {
    return crashed(causeLine(cause), null, null)
  }
}

// messages ---------------------------------------------------------------------------------------

/** Sends a message; to a process that is dead, nothing: its end is found when an answer is awaited. */
export const send = ({ process }: Child, message: ToWorker): void => {
  if (process.connected) process.send(message, () => undefined)
}

/** The next message that is not progress, or how the process ended, also where it ended before. */
export const answer = (
  child: Child,
  onProgress: (share: number, note: string) => void,
): Promise<E.Either<Fault, Answer> | Crashed> =>
  new Promise((resolve) => {
    const finish = (value: E.Either<Fault, Answer> | Crashed): void => {
      child.process.off('message', onMessage)
      child.process.off('exit', onEnd)
      child.process.off('error', onEnd)
      resolve(value)
    }
    const onMessage = (u: unknown): void => {
      if (!fromWorker.is(u)) return
      if (u.kind === 'progress') onProgress(u.share, u.note)
      else if (u.kind !== 'warning') finish(u.kind === 'failed' ? E.left(u.fault) : E.right(u))
    }
    const onEnd = (): void => {
      if (child.ended !== undefined) finish(child.ended)
    }
    child.process.on('message', onMessage)
    child.process.on('exit', onEnd)
    child.process.on('error', onEnd)
    onEnd()
  })

// ending -----------------------------------------------------------------------------------------

/** Kills every process; what they have written is complete. */
export const stopAll = (children: ReadonlySet<ChildProcess>): void =>
  children.forEach((child) => child.kill())

/** How long a worker may take to free what it holds. */
const closingMs = 5000

/** Lets every process free what it holds and end; one that is busy is killed. */
export const closeAll = async (children: ReadonlySet<ChildProcess>): Promise<void> => {
  await Promise.all(
    [...children].map(
      (child) =>
        new Promise<void>((done) => {
          if (child.exitCode !== null || child.signalCode !== null || !child.connected) {
            done()
            return
          }
          const late = setTimeout(done, closingMs)
          child.once('exit', () => {
            clearTimeout(late)
            done()
          })
          // It may have died since; then its exit follows.
          child.send({ kind: 'close' } satisfies ToWorker, () => undefined)
        }),
    ),
  )
  stopAll(children)
}
