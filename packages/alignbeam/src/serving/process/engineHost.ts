/**
 * Keeps a model process running for a server: starts it, gives its engine while it answers and the reason while it does not, and
 * starts another when it has ended (`restarts`).
 */
import { performance } from 'node:perf_hooks'
import * as E from 'fp-ts/Either'
import type * as T from 'fp-ts/Task'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Engine, ServedModels } from '../contract'
import { modelsLoading, modelsPausing, modelsStopped } from './faults'
import type { FromModel } from './messages'
import { type ChildSettings, type ModelChild, startChild } from './modelChild'
import { type RemoteEngine, remoteEngine } from './remoteEngine'
import { type History, type RestartPolicy, decide, noHistory, remember, restartPolicy } from './restarts'

// model ------------------------------------------------------------------------------------------

export interface HostSettings extends Partial<ChildSettings> {
  /** The module that exports `openEngine`. */
  readonly module: string
  /** Plain data, for `openEngine`. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly restarts?: Partial<RestartPolicy>
  /** What is being done while the models are loaded. */
  readonly onProgress?: (note: string) => void
  /** One line for the operator: warnings of the models, ends and restarts of their process. */
  readonly onWarning?: (line: string) => void
}

export interface EngineHost {
  /**
   * The engine that answers now. It stays usable until its process ends, so it is asked for anew for each request.
   * @returns left why there is none: the models are being loaded, or could not be, or their process died and starts again.
   */
  readonly current: () => E.Either<Fault, Engine>
  /**
   * Waits for the models to be loaded for the first time.
   * @returns left the reason why they cannot be, and are not tried again: `input` where the settings are wrong.
   */
  readonly ready: TE.TaskEither<Fault, ServedModels>
  /** How often the process was started again. */
  readonly restarts: () => number
  /** Number of asks without a last reply. */
  readonly openAsks: () => number
  /** Stops the process; open asks fail as `interrupted`. Resolves when the process has ended. */
  readonly close: T.Task<void>
}

/** What the host is doing. `before`: how the process before it ended, null for the first. */
type Phase =
  | { readonly kind: 'loading'; readonly note: string; readonly before: Fault | null }
  | { readonly kind: 'open'; readonly since: number; readonly remote: RemoteEngine }
  | { readonly kind: 'pausing'; readonly before: Fault; readonly afterMs: number }
  /** For good. */
  | { readonly kind: 'stopped'; readonly fault: Fault }

// settings ---------------------------------------------------------------------------------------

/** The prompt of a long request blocks the event loop while it is read, so silence is allowed for long. */
const hungMs = 120_000
const closingMs = 5_000
/** A sign of life is given once a second, or more often where silence is allowed for short. */
const beatMs = (allowedMs: number): number => Math.min(1000, allowedMs / 5)

const childSettings = (settings: HostSettings): ChildSettings => ({
  execArgv: settings.execArgv ?? process.execArgv,
  env: settings.env ?? {},
  hungMs: settings.hungMs ?? hungMs,
  closingMs: settings.closingMs ?? closingMs,
})

/** A promise with its resolver. */
const promised = <A>(): { readonly promise: Promise<A>; readonly resolve: (value: A) => void } => {
  const settle: { now: (value: A) => void } = { now: () => undefined }
  const promise = new Promise<A>((resolve) => (settle.now = resolve))
  return { promise, resolve: (value) => settle.now(value) }
}

// destructors ------------------------------------------------------------------------------------

const engineIn = (phase: Phase): E.Either<Fault, Engine> => {
  switch (phase.kind) {
    case 'loading':
      return E.left(modelsLoading(phase.note, phase.before))
    case 'open':
      return E.right(phase.remote.engine)
    case 'pausing':
      return E.left(modelsPausing(phase.before, phase.afterMs))
    case 'stopped':
      return E.left(phase.fault)
  }
}

// host -------------------------------------------------------------------------------------------

interface State {
  phase: Phase
  history: History
  restarts: number
  child: ModelChild | undefined
  pause: NodeJS.Timeout | undefined
  closing: Promise<void> | undefined
}

/** Starts the model process. The host keeps this process alive until it is closed. */
export const startEngineHost = (settings: HostSettings): EngineHost => {
  const { module, onProgress, onWarning } = settings
  const policy: RestartPolicy = { ...restartPolicy, ...settings.restarts }
  const forChild = childSettings(settings)
  const state: State = {
    phase: { kind: 'loading', note: '', before: null },
    history: noHistory,
    restarts: 0,
    child: undefined,
    pause: undefined,
    closing: undefined,
  }
  const first = promised<E.Either<Fault, ServedModels>>()

  const failOpenAsks = (fault: Fault): void => {
    if (state.phase.kind === 'open') state.phase.remote.end(fault)
  }
  const stop = (fault: Fault): void => {
    failOpenAsks(fault)
    state.phase = { kind: 'stopped', fault }
    first.resolve(E.left(fault))
  }

  const onEnd = (fault: Fault): void => {
    const { phase } = state
    if (phase.kind === 'stopped') return
    const end = { openedAt: phase.kind === 'open' ? phase.since : null, at: performance.now(), fault }
    state.history = remember(policy)(state.history, end)
    const decision = decide(policy)(state.history, end)
    if (decision.kind === 'stop') {
      stop(fault)
      return
    }
    const { afterMs } = decision
    failOpenAsks(fault)
    state.phase = { kind: 'pausing', before: fault, afterMs }
    onWarning?.(modelsPausing(fault, afterMs).message)
    state.pause = setTimeout(() => {
      state.restarts += 1
      start(fault)
    }, afterMs)
  }

  const onOpened = (child: ModelChild, models: ServedModels): void => {
    const remote = remoteEngine(models, { send: child.send, dispose: () => void close() })
    state.phase = { kind: 'open', since: performance.now(), remote }
    child.watch()
    first.resolve(E.right(models))
  }

  const onMessage = (child: ModelChild, message: FromModel): void => {
    const { phase } = state
    switch (message.kind) {
      case 'progress':
        if (phase.kind === 'loading') state.phase = { ...phase, note: message.note }
        onProgress?.(message.note)
        return
      case 'warning':
        onWarning?.(message.line)
        return
      case 'opened':
        if (phase.kind === 'loading') onOpened(child, message.models)
        return
      case 'unopened':
        child.kill(message.fault)
        return
      case 'replies':
        if (phase.kind === 'open') phase.remote.onReplies(message)
        return
      case 'gauges':
        if (phase.kind === 'open') phase.remote.onGauges(message.gauges)
        return
      case 'alive':
    }
  }

  const onDamaged = (child: ModelChild, fault: Fault): void => {
    onWarning?.(fault.message)
    if (state.phase.kind === 'open') state.phase.remote.onDamaged(fault)
    // It may have been the message that the models are open.
    else child.kill(fault)
  }

  const start = (before: Fault | null): void => {
    state.phase = { kind: 'loading', note: '', before }
    const child: ModelChild = startChild(forChild, {
      onMessage: (message) => onMessage(child, message),
      onDamaged: (fault) => onDamaged(child, fault),
      onEnd,
    })
    state.child = child
    const sent = child.send({
      kind: 'open',
      module,
      settings: { ...settings.settings },
      beatMs: beatMs(forChild.hungMs),
    })
    if (E.isLeft(sent)) child.kill(sent.left)
  }

  const closeNow = (): Promise<void> => {
    const { phase, child } = state
    clearTimeout(state.pause)
    stop(modelsStopped)
    // Models that are being read hold nothing that must be freed, and the process may not listen.
    if (phase.kind === 'loading') child?.kill(modelsStopped)
    return child?.close() ?? Promise.resolve()
  }
  const close = (): Promise<void> => (state.closing ??= closeNow())

  start(null)
  return {
    current: () => engineIn(state.phase),
    ready: () => first.promise,
    restarts: () => state.restarts,
    openAsks: () => (state.phase.kind === 'open' ? state.phase.remote.open() : 0),
    close,
  }
}
