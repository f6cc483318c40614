/**
 * The model process: one engine, which answers asks until the process is told to close or its parent is gone. It writes no file, so
 * it may be killed at any moment.
 *
 * Signals to the whole process group (Ctrl-C, a service that is stopped) are left to the parent, which lets open answers end first.
 */
import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import { type Fault, causeLine, failure, faultLine } from '@safe/tensor-core/contracts'
import type { Engine, Gauges } from '../contract'
import { type Answering, answering } from './answering'
import { type FromModel, type ToModel, read, toModel } from './messages'
import type { OpenEngine } from './openEngine'
import { watchParent } from './parentWatch'

// engine -----------------------------------------------------------------------------------------

const isOpenEngine = (u: unknown): u is OpenEngine => typeof u === 'function'

const openEngineOf = (module: string): E.Either<Fault, OpenEngine> =>
  E.tryCatch(
    () => {
      const loaded: unknown = createRequire(__filename)(module)
      const open =
        typeof loaded === 'object' && loaded !== null && 'openEngine' in loaded
          ? loaded.openEngine
          : undefined
      if (!isOpenEngine(open)) throw new Error('exports no openEngine')
      return open
    },
    (cause) => failure('EngineFailed', causeLine(cause), { where: module }),
  )

// channel ----------------------------------------------------------------------------------------

/** @returns left where the message cannot be sent; it is lost without a word where the parent is gone. */
const send = (message: FromModel): E.Either<Fault, void> =>
  E.tryCatch(
    () => {
      // An error of the pipe means that the parent is gone; `disconnect` follows.
      if (process.connected) process.send?.(message, undefined, {}, () => undefined)
    },
    (cause) => failure('MessageDamaged', `a message cannot leave the model process: ${causeLine(cause)}`),
  )

const same = (a: Gauges, b: Gauges): boolean =>
  a.running === b.running &&
  a.waiting === b.waiting &&
  a.rows === b.rows &&
  a.steps === b.steps &&
  a.promptTokens === b.promptTokens &&
  a.cachedTokens === b.cachedTokens &&
  a.decodedTokens === b.decodedTokens

/** Gives a sign of life every `beatMs`: the gauges where they have changed. */
const beat = (engine: Engine, beatMs: number): void => {
  const last: { gauges: Gauges } = { gauges: engine.gauges() }
  send({ kind: 'gauges', gauges: last.gauges })
  setInterval(() => {
    const gauges = engine.gauges()
    send(same(gauges, last.gauges) ? { kind: 'alive' } : { kind: 'gauges', gauges })
    last.gauges = gauges
  }, beatMs)
}

// process ----------------------------------------------------------------------------------------

const state: { engine?: Engine; asks?: Answering } = {}

const warn = (line: string): void => void send({ kind: 'warning', line })

const open = async ({
  module,
  settings,
  beatMs,
}: Extract<ToModel, { readonly kind: 'open' }>): Promise<void> => {
  const openEngine = openEngineOf(module)
  const opened = E.isLeft(openEngine)
    ? openEngine
    : await openEngine.right(settings, {
        onProgress: (note) => void send({ kind: 'progress', note }),
        onWarning: warn,
      })()
  const sent = send(
    E.isLeft(opened)
      ? { kind: 'unopened', fault: opened.left }
      : { kind: 'opened', models: opened.right.models },
  )
  if (E.isLeft(sent)) send({ kind: 'unopened', fault: sent.left })
  if (E.isLeft(opened)) return
  state.engine = opened.right
  state.asks = answering(opened.right, send)
  beat(opened.right, beatMs)
}

const handle = (message: ToModel): void => {
  switch (message.kind) {
    case 'open':
      void open(message).catch((cause: unknown) => {
        send({ kind: 'unopened', fault: failure('EngineFailed', causeLine(cause)) })
      })
      return
    case 'ask':
      state.asks?.ask(message.key, message.ask)
      return
    case 'cancel':
      state.asks?.cancel(message.key)
      return
    case 'close':
      state.asks?.flush()
      state.engine?.dispose()
      process.exit(0)
  }
}

/** The reason becomes the last line of standard error, which the parent tells; Node.js would end with its own version. */
const die = (cause: unknown): void => {
  const stack = cause instanceof Error && cause.stack !== undefined ? `${cause.stack}\n` : ''
  process.stderr.write(`${stack}${causeLine(cause)}\n`, () => process.exit(1))
}

watchParent()
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('SIGHUP', () => undefined)
process.on('disconnect', () => process.exit(0))
process.on('uncaughtException', die)
process.on('message', (u) => {
  const message = read(toModel, 'a message to the model process')(u)
  if (E.isLeft(message)) warn(faultLine(message.left))
  else handle(message.right)
})
