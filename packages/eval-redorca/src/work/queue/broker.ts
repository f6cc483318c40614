/**
 * BullMQ on a Redis server: both are optional packages, loaded when a queue is used. A broker that is away for a while is waited for; one
 * that stays away for longer than `patienceMs`, or refuses us, ends the run in one line. Neither address nor password is ever repeated.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { installed } from '../../modules/installed'
import type { QueueAddress } from './queueUrl'

// model ------------------------------------------------------------------------------------------

/** The one queue of all benchmarks. */
const queueName = 'redorca'

// What is used of both packages, told here: the types of a package that may be absent cannot stand in our declarations.

interface Connection {
  readonly info: (section: string) => Promise<string>
  /** Another connection of the same options. */
  readonly duplicate: (...options: ReadonlyArray<unknown>) => Connection
  readonly on: (event: string, listener: (cause: unknown) => void) => unknown
  readonly disconnect: () => void
}
interface Place {
  readonly connection: Connection
  readonly prefix: string
}
interface TicketQueue {
  readonly add: (name: string, data: unknown, options: object) => Promise<unknown>
  readonly getJobState: (id: string) => Promise<string>
  readonly remove: (id: string) => Promise<unknown>
  readonly on: (event: string, listener: () => void) => unknown
  readonly close: () => Promise<void>
}
interface QueueSigns {
  readonly on: (event: string, listener: (sign: { readonly jobId: string }) => void) => unknown
  readonly close: () => Promise<void>
}
interface TakenTicket {
  readonly data: unknown
  readonly moveToDelayed: (at: number, token?: string) => Promise<void>
}
interface TicketWorker {
  readonly on: (event: string, listener: () => void) => unknown
  readonly close: (force?: boolean) => Promise<void>
}
interface BullMq {
  readonly Queue: new (name: string, place: Place) => TicketQueue
  readonly QueueEvents: new (name: string, place: Place) => QueueSigns
  readonly Worker: new (
    name: string,
    run: (job: TakenTicket, token?: string) => Promise<void>,
    options: Place & Readonly<Record<string, unknown>>,
  ) => TicketWorker
  readonly DelayedError: new () => Error
}

/** How the packages are used here. */
export interface Broker {
  readonly address: QueueAddress
  readonly bullmq: BullMq
  /** A connection for BullMQ, which is waited for while the server is away. */
  readonly connect: () => Connection
  /** Given once: the fault where the server stays away or refuses. */
  readonly lost: AbortSignal
  /** Whether the server is away at this moment: a command that is sent now may never be answered. */
  readonly isAway: () => boolean
  readonly close: () => Promise<void>
}

// constants --------------------------------------------------------------------------------------

/** How long a server may be away. */
const patienceMs = 120_000
const firstAnswerMs = 10_000
const leastVersion = [6, 2] as const

// faults -----------------------------------------------------------------------------------------

const unreachable = ({ name }: QueueAddress, why: string): Fault =>
  failure('QueueFailed', `the queue cannot be reached (${why})`, {
    where: name,
    remedy: 'start the Redis server, or check the address; then run the same command again',
  })

const isRefusal = (text: string): boolean =>
  /NOAUTH|WRONGPASS|NOPERM|invalid (username|password)|ERR AUTH/i.test(text)

const refusedFault = ({ name }: QueueAddress): Fault =>
  badInput('QueueFailed', 'the Redis server refuses the user or password', {
    where: name,
    remedy: 'give them in the address: redis://USER:PASSWORD@HOST:PORT',
  })

const missing = (name: string, why: string): Fault =>
  badInput('PackageMissing', `${name} ${why}`, {
    field: 'queue',
    remedy: 'npm install bullmq ioredis',
  })

// parts ------------------------------------------------------------------------------------------

interface Loaded {
  readonly bullmq: BullMq
  readonly Redis: new (options: Readonly<Record<string, unknown>>) => Connection
}

const has = (u: unknown, ...names: ReadonlyArray<string>): boolean =>
  ((typeof u === 'object' && u !== null) || typeof u === 'function') &&
  names.every((name) => typeof Reflect.get(u, name) === 'function')
const isBullMq = (u: unknown): u is BullMq => has(u, 'Queue', 'QueueEvents', 'Worker', 'DelayedError')
const isIoredis = (u: unknown): u is Pick<Loaded, 'Redis'> => has(u, 'Redis')

/** @returns left `PackageMissing`: it is not there, cannot be loaded, or lacks what is used of it */
const optionalPackage = <A>(name: string, is: (u: unknown) => u is A): E.Either<Fault, A> =>
  pipe(
    installed(name),
    E.fromOption(() => missing(name, 'is not installed')),
    E.chain(({ require }) =>
      E.tryCatch(
        (): unknown => require(name),
        (cause) => missing(name, `cannot be loaded (${causeLine(cause)})`),
      ),
    ),
    E.filterOrElse(is, () => missing(name, 'is too old')),
  )

const load = (): E.Either<Fault, Loaded> =>
  pipe(
    E.Do,
    E.bind('bullmq', () => optionalPackage('bullmq', isBullMq)),
    E.bind('ioredis', () => optionalPackage('ioredis', isIoredis)),
    E.map(({ bullmq, ioredis }) => ({ bullmq, Redis: ioredis.Redis })),
  )

/** `6.0.16` out of a server's INFO. */
const versionIn = (info: string): string | undefined => /redis_version:(\S+)/.exec(info)?.[1]

const isOld = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < leastVersion[0] || (major === leastVersion[0] && minor < leastVersion[1])
}

// constructors -----------------------------------------------------------------------------------

/** @returns left `QueueFailed` where the server does not answer, refuses us or is too old; `PackageMissing` */
export const openBroker =
  (address: QueueAddress): TE.TaskEither<Fault, Broker> =>
  async () => {
    const loaded = load()
    if (E.isLeft(loaded)) return loaded
    const { bullmq, Redis } = loaded.right
    const { host, port, database, username, password, tls } = address
    const options = {
      ...{ host, port, db: database, lazyConnect: false },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
    }
    const first = new Redis({
      ...options,
      ...{ maxRetriesPerRequest: 0, connectTimeout: firstAnswerMs, retryStrategy: () => null },
    })
    const said: { error?: string } = {}
    first.on('error', (cause: unknown) => (said.error ??= causeLine(cause)))
    try {
      const info = await first.info('server')
      const version = versionIn(info)
      if (version !== undefined && isOld(version))
        return E.left(
          badInput('QueueFailed', `the Redis server is ${version}; 6.2 or later is needed`, {
            where: address.name,
            remedy: 'use a newer server',
          }),
        )
    } catch (cause) {
      const why = said.error ?? causeLine(cause)
      return E.left(
        isRefusal(`${why} ${causeLine(cause)}`) ? refusedFault(address) : unreachable(address, why),
      )
    } finally {
      first.disconnect()
    }
    const lost = new AbortController()
    const open = new Set<Connection>()
    const absent = new Set<Connection>()
    const lose = (fault: Fault): void => lost.abort(fault)
    const watched = (connection: Connection): Connection => {
      const away: { timer?: NodeJS.Timeout } = {}
      connection.on('ready', () => {
        absent.delete(connection)
        clearTimeout(away.timer)
        delete away.timer
      })
      connection.on('close', () => {
        absent.add(connection)
        away.timer ??= setTimeout(() => {
          lose(unreachable(address, `it has been away for ${patienceMs / 1000} s`))
        }, patienceMs).unref()
      })
      connection.on('error', (cause: unknown) => {
        if (isRefusal(causeLine(cause))) lose(refusedFault(address))
      })
      connection.on('end', () => {
        absent.delete(connection)
        clearTimeout(away.timer)
      })
      open.add(connection)
      // BullMQ's workers wait for jobs on a second connection, which they make of this one: it is closed with the others.
      const duplicate = connection.duplicate.bind(connection)
      return Object.assign(connection, {
        duplicate: (...more: ReadonlyArray<unknown>) => watched(duplicate(...more)),
      })
    }
    const connect = (): Connection =>
      watched(
        new Redis({
          ...options,
          maxRetriesPerRequest: null,
          retryStrategy: (tries: number) => Math.min(2000, 100 * tries),
        }),
      )
    return E.right({
      address,
      bullmq,
      connect,
      lost: lost.signal,
      isAway: () => absent.size > 0,
      close: () => {
        open.forEach((connection) => connection.disconnect())
        return Promise.resolve()
      },
    })
  }

/** The fault by which a broker was lost; a general one where the signal carries none. */
export const lostFault = ({ address, lost }: Pick<Broker, 'address' | 'lost'>): Fault => {
  const reason: unknown = lost.reason
  const isFault = (u: unknown): u is Fault =>
    typeof u === 'object' && u !== null && '_tag' in u && 'kind' in u
  return isFault(reason) ? reason : unreachable(address, 'it is gone')
}

/** What BullMQ writes about a queue: its name and its keys' beginning. */
export const queueKeys = { name: queueName, prefix: 'safe' } as const

/** Uses a broker, and closes its connections. */
export const withBroker = <A>(
  address: QueueAddress,
  use: (broker: Broker) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> => TE.bracket(openBroker(address), use, ({ close }) => TE.fromTask(close))
