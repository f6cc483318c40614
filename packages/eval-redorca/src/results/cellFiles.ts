/** `cells/<id>/`: `cell.json` and `samples.jsonl`, written together and atomically. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, writeFolder } from '@safe/tensor-core/files'
import type { Factors } from '../plan/factors'
import { type Sample, sampleCodec } from '../suite/samples'
import type { Metrics } from './metrics'
import type { Stamp } from './stamp'

// model ------------------------------------------------------------------------------------------

export interface CellFile {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  /** Everything that determines it. */
  readonly key: Readonly<Record<string, unknown>>
  readonly metrics: Metrics
  /** Wall time of the evaluation. */
  readonly seconds: number
  readonly stamp: Stamp
}

const cellFolder = (out: string, id: string): string => join(out, 'cells', id)

/** The fields that are read back; metrics are computed again from the samples. */
const readBack: t.Decoder<unknown, { readonly id: string; readonly seconds: number }> = t.type({
  id: t.string,
  seconds: t.number,
})

// reading and writing ----------------------------------------------------------------------------

export const cellFinished =
  (out: string) =>
  (id: string): boolean =>
    existsSync(join(cellFolder(out, id), 'cell.json'))

export const writeCell = (
  out: string,
  cell: CellFile,
  samples: ReadonlyArray<Sample>,
): TE.TaskEither<Fault, void> =>
  writeFolder(cellFolder(out, cell.id), (folder) =>
    TE.tryCatch(
      async () => {
        await writeFile(
          join(folder, 'samples.jsonl'),
          samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''),
        )
        await writeFile(join(folder, 'cell.json'), `${JSON.stringify(cell, null, 2)}\n`)
      },
      (cause): Fault => failure('WriteFailed', causeLine(cause), { where: folder }),
    ),
  )

export const readCellSeconds = (out: string, id: string): TE.TaskEither<Fault, number> => {
  const path = join(cellFolder(out, id), 'cell.json')
  return pipe(
    readJson(path),
    TE.chainEitherKW(decodeAs('FileDamaged')(readBack, path, 'remove that cell and run again')),
    TE.map(({ seconds }) => seconds),
  )
}

export const readSamples = (out: string, id: string): TE.TaskEither<Fault, ReadonlyArray<Sample>> => {
  const path = join(cellFolder(out, id), 'samples.jsonl')
  return pipe(
    TE.tryCatch(
      () => readFile(path, 'utf8'),
      (cause): Fault =>
        failure('FileMissing', causeLine(cause), { where: path, remedy: 'run the benchmark again' }),
    ),
    TE.chainEitherKW((text) =>
      pipe(
        text.split('\n').filter((line) => line !== ''),
        E.traverseArray((line) =>
          pipe(
            E.tryCatch(
              (): unknown => JSON.parse(line),
              (cause): Fault => failure('FileDamaged', causeLine(cause), { where: path }),
            ),
            E.chainW(decodeAs('FileDamaged')(sampleCodec, path, 'remove that cell and run again')),
          ),
        ),
      ),
    ),
  )
}
