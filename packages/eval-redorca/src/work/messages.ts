/** What the parent and its worker processes say to each other: plain JSON over the process channel, decoded on both sides. */
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Hashes } from '../plan/bench'
import type { Cell, Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'

// codecs -----------------------------------------------------------------------------------------

const strings = t.record(t.string, t.string)

const fault: t.Type<Fault> = t.intersection([
  t.type({
    _tag: t.string,
    kind: t.keyof({ input: null, failure: null, interrupted: null }),
    message: t.string,
  }),
  t.partial({ where: t.string, remedy: t.string }),
])

export const factorsCodec = t.type({
  model: t.keyof({ aligned: null, base: null }),
  regime: t.string,
  data: t.string,
  training: t.string,
  weights: t.string,
  decoding: t.string,
  seed: t.number,
})

const job: t.Type<Job> = t.type({
  id: t.string,
  kind: t.keyof({ data: null, adapter: null, weights: null, cell: null }),
  factors: factorsCodec,
  needs: t.readonlyArray(t.string),
  cost: t.number,
})

const cell: t.Type<Cell> = t.type({
  id: t.string,
  factors: factorsCodec,
  control: t.boolean,
  key: t.UnknownRecord,
})

const engine: t.Type<EngineUsed> = t.type({ engine: t.string, device: t.string, versions: strings })

const hashes: t.Type<Hashes> = t.type({
  models: t.type({ base: t.string, aligned: t.string, anchor: t.string }),
  templates: t.type({ template: t.string, anchorTemplate: t.string }),
  safe: t.string,
  references: t.string,
  evaluation: t.string,
})

/** To a worker. `open` comes once, with the configuration as its file would say it; `task` one at a time; to stop it, it is killed. */
export const toWorker = t.union([
  t.type({
    kind: t.literal('open'),
    config: t.UnknownRecord,
    out: t.string,
    /** The module whose `ports` the worker uses. */
    ports: t.string,
    engine: t.string,
  }),
  t.intersection([t.type({ kind: t.literal('task'), job, hashes, engine }), t.partial({ cell })]),
])
export type ToWorker = t.TypeOf<typeof toWorker>

/** From a worker: `ready` after `open`, `done` or `failed` after a task. */
export const fromWorker = t.union([
  t.type({ kind: t.literal('ready'), engine }),
  t.type({ kind: t.literal('progress'), share: t.number, note: t.string }),
  t.type({ kind: t.literal('done') }),
  t.type({ kind: t.literal('failed'), fault }),
])
export type FromWorker = t.TypeOf<typeof fromWorker>
