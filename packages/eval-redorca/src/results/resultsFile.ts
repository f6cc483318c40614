/** Reads a results folder: the list of its cells; everything else is computed again from their samples. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeAs, kindOf, readJson, writeParts } from '@safe/tensor-core/files'
import { attackersCodec } from '../config/attackers'
import { methodFidelityCodec } from './fidelity'
import { costFields } from './cost'
import { CellId, cellFinished, readCell, readSamples, readTextScores } from './cellFiles'
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
const listing: t.Decoder<unknown, Listing> = t.intersection([
  setupCodec,
  t.type({
    format: t.literal(1),
    finished: t.string,
    cells: t.readonlyArray(listedCell),
    failed: t.readonlyArray(t.type({ factors: factorsCodec, message: t.string })),
  }),
  t.partial({ running: runningCodec }),
])

// writing ----------------------------------------------------------------------------------------

const encoder = new TextEncoder()

/** Elements of a list whose text is made at once. */
const perPart = 200

/**
 * The text of `JSON.stringify(results, null, 1)`, in parts: the results of very many cells are longer than a string may be, and need not
 * be in memory twice.
 */
export const resultsText = function* (results: Results): Generator<string> {
  const fields: ReadonlyArray<readonly [string, unknown]> = Object.entries(results)
  const entries = fields.filter(([, value]) => value !== undefined)
  for (const [i, [name, value]] of entries.entries()) {
    yield `${i === 0 ? '{' : ','}\n ${JSON.stringify(name)}: `
    const list: ReadonlyArray<unknown> | undefined = Array.isArray(value) ? value : undefined
    if (list === undefined || list.length === 0) {
      yield JSON.stringify(value, null, 1).replaceAll('\n', '\n ')
      continue
    }
    for (let from = 0; from < list.length; from += perPart)
      yield list
        .slice(from, from + perPart)
        .map(
          (element, j) =>
            `${from + j === 0 ? '[' : ','}\n  ${JSON.stringify(element, null, 1).replaceAll('\n', '\n  ')}`,
        )
        .join('')
    yield '\n ]'
  }
  yield '\n}\n'
}

/** Writes `results.json` in one step. */
export const writeResults = (out: string, results: Results): TE.TaskEither<Fault, void> =>
  writeParts(join(out, 'results.json'), (write) => async () => {
    for (const part of resultsText(results)) {
      const written = await write(encoder.encode(part))()
      if (E.isLeft(written)) return written
    }
    return E.right(undefined)
  })

// reading ----------------------------------------------------------------------------------------

/** A results folder read back. */
export interface ReadResults {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
}

/** Files of so many cells are read at once: one after the other, a cell's small files take mostly waiting. */
const atOnce = 16

const fewAtOnce =
  <A, B>(read: (a: A) => TE.TaskEither<Fault, B>) =>
  (all: ReadonlyArray<A>): TE.TaskEither<Fault, ReadonlyArray<B>> =>
    pipe(
      RA.chunksOf(atOnce)(all),
      TE.traverseSeqArray(TE.traverseArray(read)),
      TE.map((chunks) => chunks.flat()),
    )

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
    fewAtOnce(({ id, factors, strengths = factors.strengths ?? {}, control, published = true }) =>
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

/** Reads a file that is a `results.json` for the list of its cells. @returns left where it is missing or damaged */
export const readListingFile = (path: string): TE.TaskEither<Fault, Listing> =>
  pipe(
    readJson(path),
    TE.chainEitherKW(decodeAs('FileDamaged')(listing, path, 'run the benchmark again into that folder')),
  )

/** Reads the `results.json` of a folder for the list of its cells. @returns left where it is missing or damaged */
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
    TE.chainW(() => readListingFile(path)),
  )
}

/** What makes results of cells that nobody has put together yet, such as those of a fleet of which all processes have ended early. */
export interface Unlisted extends RunSetup {
  /** Ids of the cells, finished or not. */
  readonly cells: ReadonlyArray<string>
  /** How many cells there are in all, as far as it is known. */
  readonly planned: number
  readonly failed: ReadonlyArray<FailedCell>
}

/** A cell as its own file lists it; none where it is not finished, or of a version that did not say. */
const ownListing = (out: string, id: string): TE.TaskEither<Fault, ReadonlyArray<ListedCell>> =>
  cellFinished(out)(id)
    ? pipe(
        readCell(out, id),
        TE.map(({ factors, control, published }) =>
          factors === undefined || control === undefined
            ? []
            : [{ id, factors, control, ...(published === undefined ? {} : { published }) }],
        ),
      )
    : TE.right([])

/** Results of the finished ones of these cells, computed from their files; marked as unfinished where others are missing. */
export const resultsOfCells = (
  out: string,
  { cells, planned, failed, ...setup }: Unlisted,
): TE.TaskEither<Fault, ReadResults> =>
  pipe(
    cells,
    fewAtOnce((id) => ownListing(out, id)),
    TE.chain((listed) => readFinished(out, listed.flat(), setup.stamp.judges?.measuring)),
    TE.map((finished) => ({
      results: resultsOf({
        ...setup,
        ...{ cells: finished, failed, finished: new Date().toISOString() },
        ...(finished.length + failed.length < planned
          ? { running: { done: finished.length, cells: planned, secondsLeft: 0, stopped: true } }
          : {}),
      }),
      samples: samplesById(finished),
    })),
  )

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
