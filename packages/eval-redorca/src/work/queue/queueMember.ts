/**
 * The working side of a queue: takes tickets of any benchmark and runs their jobs, each in a child process, while this process keeps
 * the ticket's lock and so is never too busy to renew it. A ticket whose holder dies is given to another worker by BullMQ once its lock
 * has ended.
 */
import type { ChildProcess } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { canonicalJson, contentHash } from '@safe/tensor-core/files'
import { type BenchConfig, configDocument } from '../../config/config'
import { decodeConfig } from '../../config/configCodec'
import type { EngineUsed } from '../../plan/ports'
import { type ResultStore, type StorePlace, openStore, pause, placeOf } from '../../store'
import { stoppedFault } from '../stopped'
import { closeAll, stopAll } from '../workerChild'
import { type WorkerProcess, startWorker } from '../workerProcess'
import { type Broker, lostFault, queueKeys } from './broker'
import { type Assigned, type Ticket, readAssigned, runId, ticketCodec, writeEnd } from './queuedJob'

// model ------------------------------------------------------------------------------------------

export interface MemberSettings {
  readonly broker: Broker
  /** Jobs at once, each in a process of its own. */
  readonly workers: number
  /** Ends when there was nothing to do for so many seconds; absent: never. */
  readonly idleSeconds?: number
  /** The place of a store by its name: of a remote one, with its local copy. */
  readonly placeOf: (store: string) => E.Either<Fault, StorePlace>
  /** The module that exports the ports, for worker processes. */
  readonly portsModule: string
  readonly threads: number
  readonly execArgv?: ReadonlyArray<string>
  readonly terminal: Pick<Terminal, 'note' | 'warn'>
  readonly signal: AbortSignal
}

/** A process that runs the jobs of one benchmark in one store. */
interface Slot {
  readonly run: string
  readonly worker: WorkerProcess
  /** What the process runs now. */
  readonly state: { assigned: Assigned }
}

// times ------------------------------------------------------------------------------------------

/** A ticket whose lock was not renewed for so long is given to another worker, milliseconds. */
const lockMs = 60_000
const stalledMs = 20_000
/** A ticket that this machine's engine cannot serve waits so long before it is offered again. */
const elsewhereMs = 5000
/** How long giving tickets back may take. */
const closingMs = 10_000

// parts ------------------------------------------------------------------------------------------

/** Results of other engines, or of other versions of one, are other results. */
const isSameEngine = (one: EngineUsed, other: EngineUsed): boolean =>
  canonicalJson([one.engine, one.versions]) === canonicalJson([other.engine, other.versions])

const changed = ({ store }: Ticket): Fault =>
  failure('WorkerFailed', 'the configuration in the store is not that of the job', {
    where: store,
    remedy: 'run the same command again',
  })

/** The configuration of a ticket's benchmark. */
const configIn = (store: ResultStore, ticket: Ticket): TE.TaskEither<Fault, BenchConfig> =>
  pipe(
    store.documents.read('config.yaml'),
    TE.chainEitherKW((text) =>
      E.tryCatch(
        (): unknown => parse(text ?? ''),
        (cause): Fault => failure('FileDamaged', causeLine(cause), { where: `${store.name}/config.yaml` }),
      ),
    ),
    TE.chainEitherK((document) => decodeConfig(document, 'config.yaml')),
    TE.filterOrElse(
      (config) => contentHash(configDocument(config)) === ticket.benchmark,
      () => changed(ticket),
    ),
  )

// running ----------------------------------------------------------------------------------------

/** Runs until the signal is given, or until there was nothing to do for a while. @returns the number of jobs run */
export const runQueueMember =
  (settings: MemberSettings): TE.TaskEither<Fault, number> =>
  async () => {
    const { broker, workers, idleSeconds, terminal, signal, execArgv } = settings
    const { Worker, DelayedError } = broker.bullmq
    const children = new Set<ChildProcess>()
    const stores = new Map<string, ResultStore>()
    const told = new Set<string>()
    const state: {
      idle: ReadonlyArray<Slot>
      jobs: number
      running: number
      started: number
      since: number
    } = { idle: [], jobs: 0, running: 0, started: 0, since: performance.now() }
    const warnOnce = (line: string): void => {
      if (!told.has(line)) terminal.warn(line)
      told.add(line)
    }
    const stop = (): void => stopAll(children)
    signal.addEventListener('abort', stop)

    const storeOf = async (name: string): Promise<E.Either<Fault, ResultStore>> => {
      const open = stores.get(name)
      if (open !== undefined) return E.right(open)
      const opened = await pipe(TE.fromEither(settings.placeOf(name)), TE.chain(openStore))()
      if (E.isRight(opened)) stores.set(name, opened.right)
      return opened
    }
    const begun = async (
      ticket: Ticket,
      store: ResultStore,
      assigned: Assigned,
    ): Promise<E.Either<Fault, Slot>> => {
      const config = await configIn(store, ticket)()
      if (E.isLeft(config)) return config
      const now = { assigned }
      state.started += 1
      const worker = await startWorker(
        state.started,
        {
          ...{ config: configDocument(config.right), store: placeOf(store), children },
          ...{ ports: settings.portsModule, engine: config.right.engine, threads: settings.threads },
          execArgv: execArgv ?? process.execArgv,
          onProgress: () => undefined,
          onWarning: warnOnce,
          starting: {
            onRetry: (reason) =>
              terminal.warn(`a worker died while it started (${reason}); starting another`),
            signal,
          },
        },
        () => ({ ...now.assigned, cell: () => now.assigned.cell }),
      )
      return pipe(
        worker,
        E.map((one) => ({ run: runId(ticket), worker: one, state: now })),
      )
    }
    /** A process of that benchmark: one that is free, or a new one in place of a free one of another benchmark. */
    const slotFor = async (
      ticket: Ticket,
      store: ResultStore,
      assigned: Assigned,
    ): Promise<E.Either<Fault, Slot>> => {
      const free = state.idle.find((slot) => slot.run === runId(ticket))
      if (free !== undefined) {
        state.idle = state.idle.filter((slot) => slot !== free)
        free.state.assigned = assigned
        return E.right(free)
      }
      const [other] = state.idle
      state.idle = state.idle.slice(1)
      other?.worker.close()
      return begun(ticket, store, assigned)
    }

    /** Runs a ticket's job. @returns left: another worker may do better, or this one later */
    const run = async (ticket: Ticket): Promise<E.Either<Fault, void>> => {
      const store = await storeOf(ticket.store)
      if (E.isLeft(store)) return store
      const assigned = await readAssigned(store.right, ticket)()
      if (E.isLeft(assigned)) return assigned
      // Whoever asked has gone.
      if (assigned.right === undefined) return E.right(undefined)
      const slot = await slotFor(ticket, store.right, assigned.right)
      if (E.isLeft(slot)) return slot
      const { worker } = slot.right
      if (!isSameEngine(worker.engine, assigned.right.engine)) {
        state.idle = [...state.idle, slot.right]
        return E.left(
          failure(
            'OtherEngine',
            `the benchmark runs on ${assigned.right.engine.engine}, this machine on ${worker.engine.engine}, or on other versions of it`,
            { where: ticket.store, remedy: 'name the engine in the configuration' },
          ),
        )
      }
      const result = await worker.run(assigned.right.job)
      if (signal.aborted) return E.left(stoppedFault)
      if (result._tag !== 'Crashed') state.idle = [...state.idle, slot.right]
      state.jobs += 1
      return writeEnd(store.right, ticket, result)()
    }

    const member = new Worker(
      queueKeys.name,
      async (job, token) => {
        const ticket: unknown = job.data
        if (!ticketCodec.is(ticket)) return
        state.running += 1
        const done = await run(ticket).catch((cause: unknown): E.Either<Fault, void> =>
          E.left(failure('WorkerFailed', causeLine(cause))),
        )
        state.running -= 1
        state.since = performance.now()
        if (E.isRight(done)) return
        if (!signal.aborted) warnOnce(`${done.left.message}; the job goes back to the queue`)
        await job.moveToDelayed(Date.now() + (signal.aborted ? 0 : elsewhereMs), token)
        throw new DelayedError()
      },
      {
        ...{ connection: broker.connect(), prefix: queueKeys.prefix, concurrency: workers },
        ...{ lockDuration: lockMs, stalledInterval: stalledMs, maxStalledCount: 5 },
      },
    )
    // The broker's own watch says when a server is lost.
    member.on('error', () => undefined)
    const over = AbortSignal.any([signal, broker.lost])
    setMaxListeners(0, over)
    const isIdle = (): boolean =>
      idleSeconds !== undefined && state.running === 0 && performance.now() - state.since > idleSeconds * 1000
    while (!over.aborted && !isIdle()) await pause(500, over)
    const closed = new AbortController()
    await Promise.race([
      member
        // Where the server is away, nothing can be given back to it: others take it when its lock has ended.
        .close(broker.lost.aborted || broker.isAway())
        .catch(() => undefined)
        .finally(() => closed.abort()),
      pause(closingMs, AbortSignal.any([closed.signal, broker.lost])),
    ])
    signal.removeEventListener('abort', stop)
    await closeAll(children)
    await Promise.all([...stores.values()].map(({ close }) => close()))
    return broker.lost.aborted
      ? E.left(lostFault(broker))
      : signal.aborted
        ? E.left(stoppedFault)
        : E.right(state.jobs)
  }
