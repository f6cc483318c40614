/** Reads a results folder: the list of its cells; everything else is computed again from their samples. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeAs, kindOf, readJson, writeWhole } from '@safe/tensor-core/files'
import { attackersCodec } from '../config/attackers'
import { methodFidelityCodec } from './fidelity'
import { costFields } from './cost'
import { CellId, readCell, readSamples, readTextScores } from './cellFiles'
import { earlierJudge, withVerdicts } from './judged'
import type { FinishedCell } from './prepared'
import { type FailedCell, type Results, resultsOf } from './results'
import {
  type Factors,
  type Strengths,
  factorsCodec,
  strengthValueCodec,
  strengthsCodec,
  named,
  strengthsField,
} from '../plan/factors'
import type { Sample } from '../suite/samples'
import { type Running, runningCodec } from './running'
import type { SelectionRule } from './selection'
import { judgeRecordCodec } from '../suite/verdicts'
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
        models: strings,
      }),
    ]),
  }),
])

/** What `results.json` lists. */
export interface Listing {
  readonly suite: string
  readonly finished: string
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<ListedCell>
  readonly failed: ReadonlyArray<FailedCell>
  readonly selection?: SelectionRule
  readonly attackers?: AttackRule
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

const listing: t.Decoder<unknown, Listing> = t.intersection([
  t.type({
    format: t.literal(1),
    suite: t.string,
    finished: t.string,
    stamp,
    cells: t.readonlyArray(listedCell),
    failed: t.readonlyArray(t.type({ factors: factorsCodec, message: t.string })),
  }),
  t.partial({ selection, attackers, running: runningCodec }),
])

// writing ----------------------------------------------------------------------------------------

/** Writes `results.json` in one step. */
export const writeResults = (out: string, results: Results): TE.TaskEither<Fault, void> =>
  writeWhole(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`)

// reading ----------------------------------------------------------------------------------------

/** A results folder read back. */
export interface ReadResults {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
}

/** The id of the judge of samples that an earlier version wrote, where not even the stamp names it. */
const unnamedJudge = 'unnamed'

/**
 * Cells with their samples. What an earlier version wrote has one verdict, which becomes that of the judge it was measured by.
 *
 * @param measuring the id of that judge
 */
export const readFinished = (
  out: string,
  cells: ReadonlyArray<ListedCell>,
  measuring = unnamedJudge,
): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> =>
  pipe(
    cells,
    TE.traverseSeqArray(({ id, factors, strengths = factors.strengths ?? {}, control, published = true }) =>
      pipe(
        TE.Do,
        TE.bindW('samples', () => readSamples(out, id)),
        TE.bindW('cell', () => readCell(out, id)),
        TE.bindW('scored', () => readTextScores(out, id)),
        TE.map(({ samples, scored, cell: { judges = [earlierJudge(measuring, samples)], ...cell } }) => ({
          id,
          factors: { ...named(factors), ...strengthsField(strengths) },
          control,
          published,
          ...costFields(cell),
          judges,
          samples: withVerdicts(measuring, samples),
          ...scored,
        })),
      ),
    ),
  )

export const samplesById = (cells: ReadonlyArray<FinishedCell>): ReadonlyMap<string, ReadonlyArray<Sample>> =>
  new Map(cells.map((c) => [c.id, c.samples]))

/** Reads `results.json` for the list of its cells. @returns left where it is missing or damaged */
export const readListing = (out: string): TE.TaskEither<Fault, Listing> => {
  const path = join(out, 'results.json')
  return pipe(
    kindOf(path),
    TE.filterOrElseW(
      (kind) => kind === 'file',
      (): Fault =>
        badInput('FileMissing', 'contains no results.json', {
          where: out,
          remedy: 'give the folder of a finished benchmark',
        }),
    ),
    TE.chainW(() => readJson(path)),
    TE.chainEitherKW(decodeAs('FileDamaged')(listing, path, 'run the benchmark again into that folder')),
  )
}

/** Reads a results folder and computes everything again from its samples; left where a file is missing or damaged. */
export const readResults = (out: string): TE.TaskEither<Fault, ReadResults> =>
  pipe(
    readListing(out),
    TE.chain(({ cells, ...rest }) =>
      pipe(
        readFinished(out, cells, rest.stamp.judges?.measuring),
        TE.map((finished) => ({
          results: resultsOf({ ...rest, cells: finished }),
          samples: samplesById(finished),
        })),
      ),
    ),
  )
