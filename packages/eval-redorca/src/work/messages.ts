/** The messages between the parent and its worker processes: plain JSON over the process channel, decoded on both sides. */
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Cell } from '../plan/cells'
import { factorsCodec } from '../plan/factors'
import { hashesCodec } from '../plan/hashes'
import type { Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import { ratesCodec } from './probe'

// codecs -----------------------------------------------------------------------------------------

const strings = t.record(t.string, t.string)

export const faultCodec: t.Type<Fault> = t.intersection([
  t.type({
    _tag: t.string,
    kind: t.keyof({ input: null, failure: null, interrupted: null }),
    message: t.string,
  }),
  t.partial({ where: t.string, remedy: t.string }),
])

export const jobCodec: t.Type<Job> = t.type({
  id: t.string,
  kind: t.keyof({ rows: null, data: null, adapter: null, weights: null, cell: null }),
  factors: factorsCodec,
  needs: t.readonlyArray(t.string),
  cost: t.number,
})

export const cellCodec: t.Type<Cell> = t.type({
  id: t.string,
  factors: factorsCodec,
  control: t.boolean,
  published: t.boolean,
  key: t.UnknownRecord,
})

export const engineCodec: t.Type<EngineUsed> = t.type({
  engine: t.string,
  device: t.string,
  versions: strings,
})

/**
 * To a worker. `open` is sent once, with the configuration as written to a file; then `task`, one at a time; at the end `close`. A
 * worker that is to stop before the end is killed.
 */
export const toWorker = t.union([
  t.type({
    kind: t.literal('open'),
    config: t.UnknownRecord,
    /** The store of the results (`openStore`). */
    store: t.type({ name: t.string, folder: t.string }),
    /** The module whose `ports` the worker uses. */
    ports: t.string,
    engine: t.string,
  }),
  t.intersection([
    t.type({ kind: t.literal('task'), job: jobCodec, hashes: hashesCodec, engine: engineCodec }),
    t.partial({ cell: cellCodec }),
  ]),
  t.type({ kind: t.literal('time'), hashes: hashesCodec, engine: engineCodec }),
  t.type({ kind: t.literal('close') }),
])
export type ToWorker = t.TypeOf<typeof toWorker>

/**
 * From a worker: `ready` after `open`, `rates` after `time`, `done` after a task, or `failed` after any of them; before these, its
 * progress and the warnings of its judges.
 */
export const fromWorker = t.union([
  t.type({ kind: t.literal('ready'), engine: engineCodec }),
  t.type({ kind: t.literal('progress'), share: t.number, note: t.string }),
  t.type({ kind: t.literal('warning'), line: t.string }),
  t.type({ kind: t.literal('rates'), rates: t.readonlyArray(ratesCodec) }),
  t.type({ kind: t.literal('done') }),
  t.type({ kind: t.literal('failed'), fault: faultCodec }),
])
export type FromWorker = t.TypeOf<typeof fromWorker>
