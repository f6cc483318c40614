/**
 * One model process as its server holds it: started with the flags of this process, told messages, watched for signs of life, and
 * finally stopped. It reports its own end once.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, causeLine } from '@safe/tensor-core/contracts'
import { type ProcessFault, modelsStopped, processDied, processHung, processUnreachable } from './faults'
import { type FromModel, type ToModel, fromModel, read } from './messages'

// model ------------------------------------------------------------------------------------------

/** Times in milliseconds. */
export interface ChildSettings {
  readonly execArgv: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  /** A process that has been silent for this long is killed. */
  readonly hungMs: number
  /** How long it may take to free what it holds once it is told to stop. */
  readonly closingMs: number
}

export interface ChildEvents {
  readonly onMessage: (message: FromModel) => void
  /** It sent a message that cannot be read. */
  readonly onDamaged: (fault: Fault) => void
  /** It has ended, and all it sent has been received. Not called before `startChild` has returned. */
  readonly onEnd: (fault: Fault) => void
}

export interface ModelChild {
  /** @returns left where it cannot be sent; a process that has ended meanwhile is reported by `onEnd` only. */
  readonly send: (message: ToModel) => E.Either<ProcessFault, void>
  /** From now on silence counts. (While models are read, the process says nothing for as long as that takes.) */
  readonly watch: () => void
  /** Ends it at once; `onEnd` follows, with this reason. */
  readonly kill: (reason: Fault) => void
  /** Lets it free what it holds and end; one that is busy is killed. Resolves when it has ended. */
  readonly close: () => Promise<void>
}

// starting ---------------------------------------------------------------------------------------

const script = join(__dirname, `modelProcess${extname(__filename)}`)
/** Number of last characters of standard error that are kept; a fatal error of V8 is followed by a long stack. */
const keptCharacters = 16_384
/** How long after its end what a process wrote is waited for; another process may hold its standard error open. */
const drainingMs = 500
/** How long after SIGKILL a process is waited for; one that waits for a broken device may never end. */
const killingMs = 5000
/** Into how many checks the allowed silence is divided. */
const checks = 10
/** The longest time that a timer of Node.js takes; it takes a longer one for 1 ms. */
const longestTimerMs = 2 ** 31 - 1

const forked = ({ execArgv, env }: ChildSettings): E.Either<ProcessFault, ChildProcess> =>
  E.tryCatch(
    () =>
      fork(script, [], {
        execArgv: [...execArgv],
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...env },
      }),
    (cause) => processUnreachable(causeLine(cause)),
  )

/** Takes the place of a process that could not be started. */
const unstarted = (fault: ProcessFault, { onEnd }: ChildEvents): ModelChild => {
  setImmediate(() => onEnd(fault))
  return {
    send: () => E.left(fault),
    watch: () => undefined,
    kill: () => undefined,
    close: () => Promise.resolve(),
  }
}

export const startChild = (settings: ChildSettings, events: ChildEvents): ModelChild => {
  const started = forked(settings)
  return E.isLeft(started) ? unstarted(started.left, events) : childOf(started.right, settings, events)
}

// running ----------------------------------------------------------------------------------------

interface State {
  stderr: string
  /** Checks since its last message. Counted, not timed: a machine that slept does not make a process look hung. */
  silent: number
  /** Why it was killed. */
  reason: Fault | null
  ended: boolean
  readonly timers: Set<NodeJS.Timeout>
  /** Called when it has ended. */
  readonly waiting: Set<() => void>
}

const childOf = (child: ChildProcess, settings: ChildSettings, events: ChildEvents): ModelChild => {
  const { hungMs, closingMs } = settings
  const state: State = {
    stderr: '',
    silent: 0,
    reason: null,
    ended: false,
    timers: new Set(),
    waiting: new Set(),
  }

  const later = (ms: number, run: () => void): void => void state.timers.add(setTimeout(run, ms))
  const end = (fault: Fault): void => {
    if (state.ended) return
    state.ended = true
    state.timers.forEach((timer) => clearTimeout(timer))
    state.waiting.forEach((resolve) => resolve())
    events.onEnd(state.reason ?? fault)
  }
  const kill = (reason: Fault): void => {
    if (state.ended || state.reason !== null) return
    state.reason = reason
    child.kill('SIGKILL')
    later(killingMs, () => end(reason))
  }

  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    state.stderr = (state.stderr + chunk).slice(-keptCharacters)
  })
  child.on('message', (u) => {
    state.silent = 0
    if (state.ended) return
    const message = read(fromModel, 'a message of the model process')(u)
    if (E.isLeft(message)) events.onDamaged(message.left)
    else events.onMessage(message.right)
  })
  child.on('error', (cause) => {
    // Any other error (a signal that could not be sent) is followed by its exit, or by a silence that is noticed.
    if (child.pid === undefined) end(processUnreachable(cause.message))
  })
  const onGone = (code: number | null, signal: string | null): void =>
    end(processDied({ code, signal, stderr: state.stderr }))
  child.on('close', onGone)
  child.on('exit', (code, signal) => later(drainingMs, () => onGone(code, signal)))

  return {
    send: (message) =>
      E.tryCatch(
        // A process that has died since is reported by its exit.
        () => {
          if (child.connected) child.send(message, () => undefined)
        },
        (cause) => processUnreachable(causeLine(cause)),
      ),
    watch: () => {
      state.silent = 0
      state.timers.add(
        setInterval(
          () => {
            state.silent += 1
            if (state.silent > checks) kill(processHung(hungMs))
          },
          Math.min(longestTimerMs, hungMs / checks),
        ),
      )
    },
    kill,
    close: () => {
      if (state.ended) return Promise.resolve()
      if (child.connected) child.send({ kind: 'close' } satisfies ToModel, () => undefined)
      later(closingMs, () => kill(modelsStopped))
      return new Promise((resolve) => state.waiting.add(resolve))
    },
  }
}
