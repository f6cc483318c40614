/**
 * One row of the suite on a GPU: this product's `webgpu` engine compared with PyTorch on the same card, where PyTorch is installed.
 *
 *   compareRow ROW FOLDER SHAPE [--engine webgpu] [--device cuda] [--rounds 2] [--repeat N]
 *
 * FOLDER holds the files of `makeFiles`, SHAPE is its JSON. PYTHON names the interpreter. The last line on stdout is one JSON object.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Setting } from '../bench/suite/child'
import { type RowResult, measureRow } from '../bench/suite/measureRow'
import { type Versions, pythonVersions } from '../bench/suite/python'
import type { Row } from '../bench/suite/row'
import { rows } from '../bench/suite/rows'
import { shapeOf } from './shapeOf'

// model ------------------------------------------------------------------------------------------

interface Comparison {
  readonly row: RowResult
  /** The versions compared with, or the reason why nothing is compared. */
  readonly python: Versions | string
}

const log = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const lineOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().split('\n').slice(-3).join(' | ')

// measuring --------------------------------------------------------------------------------------

/** The same row without PyTorch's side. */
const alone = (row: Row, reason: string): Row => ({
  ...row,
  processes: row.processes.filter(({ side }) => side === 'ours'),
  quantities: [],
  agreement: () => ({ same: false, how: `not compared: ${reason}` }),
})

const versionsOn = async (s: Setting): Promise<Versions | string> => {
  try {
    const versions = await pythonVersions(s)
    return s.device === 'cuda' && !versions.cuda ? 'its PyTorch finds no GPU' : versions
  } catch (cause) {
    return lineOf(cause)
  }
}

const main = async (): Promise<Comparison> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      engine: { type: 'string', default: 'webgpu' },
      device: { type: 'string', default: 'cuda' },
      rounds: { type: 'string', default: '2' },
      repeat: { type: 'string' },
    },
  })
  const [name = '', folder = '', json = '{}'] = positionals
  const row = rows.find((r) => r.name === name)
  if (row === undefined) throw new Error(`there is no row ${name}`)
  const given = shapeOf(json)
  const shape =
    values.repeat === undefined ? given : { ...given, repeat: Math.min(given.repeat, Number(values.repeat)) }
  const setting: Setting = {
    folder,
    engine: values.engine,
    threads: availableParallelism(),
    python: process.env['PYTHON'] ?? 'python3',
    device: values.device === 'cpu' ? 'cpu' : 'cuda',
  }
  const rounds = Number(values.rounds)
  const python = await versionsOn(setting)
  if (typeof python === 'string')
    return { row: await measureRow(alone(row, python), { shape, setting, rounds, say: log }), python }
  try {
    return { row: await measureRow(row, { shape, setting, rounds, say: log }), python }
  } catch (cause) {
    const reason = lineOf(cause)
    log(`the two sides cannot be compared: ${reason}`)
    return { row: await measureRow(alone(row, reason), { shape, setting, rounds: 1, say: log }), python }
  }
}

main().then(
  (measured) => {
    process.stdout.write(`${JSON.stringify(measured)}\n`)
    // Compared results must agree; the table reports what could not be compared.
    const compared = measured.row.quantities.length > 0
    process.exitCode = compared && !measured.row.agreement.same ? 1 : 0
  },
  (cause: unknown) => {
    log(lineOf(cause))
    process.exitCode = 1
  },
)
