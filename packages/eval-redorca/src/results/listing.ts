/** What `results.json` lists of a run: its cells, and what it says beside them. Everything else in it follows from the cells' samples. */
import * as t from 'io-ts'
import { attackersCodec } from '../config/attackers'
import {
  type Factors,
  type Strengths,
  factorsCodec,
  strengthValueCodec,
  strengthsCodec,
} from '../plan/factors'
import { judgeRecordCodec } from '../suite/verdicts'
import { CellId } from './cellFiles'
import { methodFidelityCodec } from './fidelity'
import type { FailedCell } from './results'
import { type Running, runningCodec } from './running'
import type { SelectionRule } from './selection'
import type { Stamp } from './stamp'
import type { AttackRule } from './worstCase'

// codec ------------------------------------------------------------------------------------------

const strings = t.record(t.string, t.string)
const stamp: t.Type<Stamp, unknown> = t.intersection([
  t.type({
    engine: t.string,
    device: t.string,
    dtype: t.string,
    versions: strings,
    seeds: t.readonlyArray(t.number),
    hashes: t.type({ data: strings, models: strings, templates: strings }),
  }),
  t.partial({
    fidelity: t.readonlyArray(methodFidelityCodec),
    judges: t.intersection([
      t.type({ measuring: t.string, beams: t.string }),
      t.partial({
        measured: t.readonlyArray(judgeRecordCodec),
        amongBeams: judgeRecordCodec,
        ofMethods: t.record(t.string, judgeRecordCodec),
        models: strings,
      }),
    ]),
  }),
])

/** What results say beside their cells. */
export interface RunSetup {
  readonly suite: string
  readonly stamp: Stamp
  readonly selection?: SelectionRule
  readonly attackers?: AttackRule
}

/** What `results.json` lists. */
export interface Listing extends RunSetup {
  readonly finished: string
  readonly cells: ReadonlyArray<ListedCell>
  readonly failed: ReadonlyArray<FailedCell>
  readonly running?: Running
}
/** A cell as it is listed. */
export interface ListedCell {
  readonly id: string
  /** Strengths are listed beside them. */
  readonly factors: Factors
  readonly strengths?: Strengths
  readonly control: boolean
  readonly published?: boolean
}

const selection: t.Type<SelectionRule> = t.intersection([
  t.type({
    epsilon: t.number,
    delta: t.number,
    paths: t.record(t.string, t.readonlyArray(strengthValueCodec)),
    controls: strings,
  }),
  t.partial({ source: t.string }),
])
const attackers: t.Type<AttackRule, unknown> = t.type({
  regime: t.string,
  epsilon: t.number,
  settings: attackersCodec,
})
const listedCell: t.Type<ListedCell> = t.intersection([
  t.type({ id: CellId, factors: factorsCodec, control: t.boolean }),
  t.partial({ strengths: strengthsCodec, published: t.boolean }),
])

export const setupCodec: t.Type<RunSetup, unknown> = t.intersection([
  t.type({ suite: t.string, stamp }),
  t.partial({ selection, attackers }),
])
export const listingCodec: t.Decoder<unknown, Listing> = t.intersection([
  setupCodec,
  t.type({
    format: t.literal(1),
    finished: t.string,
    cells: t.readonlyArray(listedCell),
    failed: t.readonlyArray(t.type({ factors: factorsCodec, message: t.string })),
  }),
  t.partial({ running: runningCodec }),
])
