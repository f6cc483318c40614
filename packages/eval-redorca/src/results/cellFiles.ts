/** `cells/<id>/`: `cell.json`, `samples.jsonl` and, where it was measured, `perplexity.jsonl`, written together and atomically. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, writeError, writeWhole } from '@safe/tensor-core/files'
import { type Factors, factorsCodec } from '../plan/factors'
import type { ResultStore } from '../store'
import { type Sample, sampleCodec } from '../suite/samples'
import { type JudgeRecord, judgeRecordCodec } from '../suite/verdicts'
import { type TextScore, textScoreCodec } from '../suite/textScores'
import { type CellCost, cellCostCodec } from './cost'
import type { JudgeMetrics, Metrics } from './metrics'
import type { Scored } from './perplexity'
import type { Stamp } from './stamp'

// model ------------------------------------------------------------------------------------------

export interface CellFile extends CellCost {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  /** Every method as configured. */
  readonly published: boolean
  /** Everything that determines it. */
  readonly key: Readonly<Record<string, unknown>>
  /** The judges whose verdicts its samples have; absent in cells of earlier versions. */
  readonly judges?: ReadonlyArray<JudgeRecord>
  /** Of the test items. */
  readonly metrics: Metrics
  /** Of the items that strengths are chosen on. */
  readonly validation?: JudgeMetrics
  readonly stamp: Stamp
}

const cellFolder = (out: string, id: string): string => join(out, 'cells', id)

/** An id becomes the name of a folder: a list or a cell from elsewhere must not lead out of `cells/`. */
export const CellId = t.refinement(
  t.string,
  (id) => id !== '' && !id.startsWith('.') && !/[/\\:\u0000-\u001f]/.test(id),
  'a name of a folder',
)

/** The fields that are read back; metrics are computed again from the samples. */
const readBack = t.intersection([
  t.UnknownRecord,
  t.type({ id: CellId }),
  cellCostCodec,
  t.partial({
    judges: t.readonlyArray(judgeRecordCodec),
    factors: factorsCodec,
    control: t.boolean,
    published: t.boolean,
  }),
])
/** A cell's file as it is read back, with all its other fields. */
export type ReadCell = t.TypeOf<typeof readBack>

// reading and writing ----------------------------------------------------------------------------

export const cellFinished =
  (out: string) =>
  (id: string): boolean =>
    existsSync(join(cellFolder(out, id), 'cell.json'))

const lines = (rows: ReadonlyArray<Sample | TextScore>): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')

const document = (cell: object): string => `${JSON.stringify(cell, null, 2)}\n`

/** Puts a finished cell into the store. */
export const writeCell = (
  store: Pick<ResultStore, 'put'>,
  cell: CellFile,
  samples: ReadonlyArray<Sample>,
  { perplexity }: Scored = {},
): TE.TaskEither<Fault, void> =>
  store.put(`cells/${cell.id}`, (folder) =>
    TE.tryCatch(async () => {
      await writeFile(join(folder, 'samples.jsonl'), lines(samples))
      if (perplexity !== undefined) await writeFile(join(folder, 'perplexity.jsonl'), lines(perplexity))
      await writeFile(join(folder, 'cell.json'), document(cell))
    }, writeError(folder)),
  )

/**
 * Writes both files of a finished cell again, each in one step, the samples first: at no moment is a sample missing, and where it stops
 * between the two, doing it again is enough.
 */
export const rewriteCell = (
  out: string,
  cell: ReadCell & { readonly judges: ReadonlyArray<JudgeRecord>; readonly metrics: Metrics },
  samples: ReadonlyArray<Sample>,
): TE.TaskEither<Fault, void> => {
  const folder = cellFolder(out, cell.id)
  return pipe(
    writeWhole(join(folder, 'samples.jsonl'), lines(samples)),
    TE.chain(() => writeWhole(join(folder, 'cell.json'), document(cell))),
  )
}

export const readCell = (out: string, id: string): TE.TaskEither<Fault, ReadCell> => {
  const path = join(cellFolder(out, id), 'cell.json')
  return pipe(
    readJson(path),
    TE.chainEitherKW(decodeAs('FileDamaged')(readBack, path, 'remove that cell and run again')),
  )
}

/** Rows of a file of a cell, each decoded. */
const rowsIn =
  <A>(codec: t.Decoder<unknown, A>, path: string) =>
  (text: string): E.Either<Fault, ReadonlyArray<A>> =>
    pipe(
      text.split('\n').filter((line) => line !== ''),
      E.traverseArray((line) =>
        pipe(
          E.tryCatch(
            (): unknown => JSON.parse(line),
            (cause): Fault => failure('FileDamaged', causeLine(cause), { where: path }),
          ),
          E.chainW(decodeAs('FileDamaged')(codec, path, 'remove that cell and run again')),
        ),
      ),
    )

const readText = (path: string): TE.TaskEither<Fault, string> =>
  TE.tryCatch(
    () => readFile(path, 'utf8'),
    (cause): Fault =>
      failure('FileMissing', causeLine(cause), { where: path, remedy: 'run the benchmark again' }),
  )

export const readSamples = (out: string, id: string): TE.TaskEither<Fault, ReadonlyArray<Sample>> => {
  const path = join(cellFolder(out, id), 'samples.jsonl')
  return pipe(readText(path), TE.chainEitherK(rowsIn(sampleCodec, path)))
}

/** The cell's `perplexity.jsonl`; empty where there is none. */
export const readTextScores = (out: string, id: string): TE.TaskEither<Fault, Scored> => {
  const path = join(cellFolder(out, id), 'perplexity.jsonl')
  return existsSync(path)
    ? pipe(
        readText(path),
        TE.chainEitherK(rowsIn(textScoreCodec, path)),
        TE.map((perplexity) => ({ perplexity })),
      )
    : TE.right({})
}
