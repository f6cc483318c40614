/**
 * Whole processes on a real model: our command line and a transformers program, from their start to their end, on the same text.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { type Setting, measure, pythonProgram, run } from '../child'
import type { Measured } from '../measured'
import { type RealModel, realFolder } from '../realModels'
import type { Dtype } from '../request'
import { promptRows, scoredRows } from './texts'

// model ------------------------------------------------------------------------------------------

/** The work of a row on a real model. */
export interface WholeProcess {
  readonly command: 'generate' | 'score'
  readonly model: RealModel
  readonly rows: number
  readonly batch: number
  readonly newTokens: number
}

const OurRow = t.partial({ completionTokens: t.array(t.number), logProbs: t.array(t.number) })

// files ------------------------------------------------------------------------------------------

/** The model's folder; undefined where it is not on this machine. */
export const realModelFolder = ({ model }: WholeProcess): string | undefined => realFolder(model)

/** Writes the text that both sides read. */
const textFile = (folder: string, { command, rows }: WholeProcess): string => {
  const path = join(folder, `${command}-${rows}.jsonl`)
  const texts = command === 'generate' ? promptRows(rows) : scoredRows(rows)
  writeFileSync(
    path,
    texts.map((row) => `${JSON.stringify(command === 'score' ? row : { ...row, response: 'x' })}\n`).join(''),
  )
  return path
}

// processes --------------------------------------------------------------------------------------

const binary = join(__dirname, '..', '..', '..', '..', 'packages', 'tensor-core', 'bin', 'tensor-core.cjs')
const compiled = join(binary, '..', '..', 'dist', 'bin', 'tensor-core.js')

const ourRows = (path: string): Pick<Measured, 'tokens' | 'logProbs'> => {
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((text) => {
      const row = OurRow.decode(JSON.parse(text))
      if (isLeft(row)) throw new Error(`${path}: not a row of results`)
      return row.right
    })
  return {
    tokens: rows.flatMap((row) => (row.completionTokens === undefined ? [] : [row.completionTokens])),
    logProbs: rows.flatMap((row) => (row.logProbs === undefined ? [] : [row.logProbs])),
  }
}

/** Our command line, as it is installed: compiled. */
export const measureOurs = async (
  s: Setting,
  whole: WholeProcess,
  folder: string,
  dtype: Dtype,
): Promise<Measured> => {
  if (!existsSync(compiled))
    throw new Error('whole processes are measured as they are installed: run npm run build first')
  const out = join(s.folder, `${whole.command}-out.jsonl`)
  const data = textFile(s.folder, whole)
  const { seconds, cpuSeconds, peakBytes } = await run(
    {
      command: process.execPath,
      args: [
        ...[binary, whole.command, '--engine', s.engine, '--dtype', dtype, '--model', folder],
        ...['--template', 'none', '--batch-size', String(whole.batch), '--out', out, '--overwrite'],
        ...(whole.command === 'generate'
          ? ['--prompts', data, '--max-new-tokens', String(whole.newTokens)]
          : ['--data', data, '--no-eos']),
      ],
      environment: { SAFE_THREADS: String(s.threads) },
    },
    `tensor-core ${whole.command}`,
  )
  return { seconds: [seconds], cpuSeconds: [cpuSeconds], peakBytes, ...ourRows(out), engine: s.engine }
}

/** The transformers program; its report has the results, the times are taken from outside. */
export const measureTheirs = async (
  s: Setting,
  whole: WholeProcess,
  folder: string,
  dtype: Dtype,
): Promise<Measured> => {
  const request = JSON.stringify({ dtype, batch: whole.batch, newTokens: whole.newTokens })
  return measure(
    pythonProgram(s, join(__dirname, 'transformers_text.py'), [
      whole.command,
      folder,
      textFile(s.folder, whole),
      request,
    ]),
    `transformers ${whole.command}`,
    true,
  )
}
