/**
 * A worker process: one engine, one task at a time. It stops when told, when killed, and when its parent is gone; Ctrl-C is handled
 * by the parent. Everything it writes is written atomically, so it may be stopped at any moment.
 */
import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { decodeConfig } from '../config/configCodec'
import { type FromWorker, toWorker } from './messages'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { type StorePlace, openStore } from '../store'
import { type TaskRunner, taskRunner } from './taskRunner'

// ports ------------------------------------------------------------------------------------------

const isPorts = (u: unknown): u is BenchPorts =>
  typeof u === 'object' && u !== null && 'train' in u && 'load' in u && 'engine' in u

const portsFrom = (module: string): E.Either<Fault, BenchPorts> =>
  E.tryCatch(
    () => {
      const loaded: unknown = createRequire(__filename)(module)
      const ports =
        typeof loaded === 'object' && loaded !== null && 'ports' in loaded ? loaded.ports : undefined
      if (!isPorts(ports)) throw new Error('exports no ports')
      return ports
    },
    (cause) => failure('WorkerFailed', causeLine(cause), { where: module }),
  )

// the process ------------------------------------------------------------------------------------

const send = (message: FromWorker): void => void process.send?.(message)

const abort = new AbortController()
const stop = (): void => {
  abort.abort()
  process.exit(0)
}
process.on('SIGINT', () => undefined)
process.on('disconnect', stop)

const state: { runner?: TaskRunner; sent: number } = { sent: 0 }

const progress = (share: number, note: string): void => {
  if (Date.now() - state.sent < 200) return
  state.sent = Date.now()
  send({ kind: 'progress', share, note })
}

const open = async (
  config: Readonly<Record<string, unknown>>,
  place: StorePlace,
  module: string,
  name: string,
): Promise<E.Either<Fault, EngineUsed>> => {
  const decoded = decodeConfig(config, 'config.yaml')
  if (E.isLeft(decoded)) return decoded
  const ports = portsFrom(module)
  if (E.isLeft(ports)) return ports
  const store = await openStore(place)()
  if (E.isLeft(store)) return store
  state.runner = taskRunner({
    ports: ports.right,
    config: decoded.right,
    store: store.right,
    signal: abort.signal,
    onProgress: progress,
    onWarning: (line) => send({ kind: 'warning', line }),
  })
  return ports.right.engine(name)()
}

const handle = async (u: unknown): Promise<void> => {
  if (!toWorker.is(u)) return
  switch (u.kind) {
    case 'open': {
      const engine = await open(u.config, u.store, u.ports, u.engine)
      send(
        E.isLeft(engine) ? { kind: 'failed', fault: engine.left } : { kind: 'ready', engine: engine.right },
      )
      return
    }
    case 'task': {
      if (state.runner === undefined) return
      const task = { job: u.job, ...(u.cell === undefined ? {} : { cell: u.cell }) }
      const result = await state.runner.run(task, u.hashes, u.engine)()
      send(E.isLeft(result) ? { kind: 'failed', fault: result.left } : { kind: 'done' })
      return
    }
    case 'time': {
      if (state.runner === undefined) return
      const rates = await state.runner.rates(u.hashes, u.engine)()
      send(E.isLeft(rates) ? { kind: 'failed', fault: rates.left } : { kind: 'rates', rates: rates.right })
      return
    }
    case 'close':
      state.runner?.dispose()
      stop()
  }
}

process.on('message', (message) => {
  void handle(message).catch((cause: unknown) => {
    send({ kind: 'failed', fault: failure('Unexpected', causeLine(cause)) })
  })
})
