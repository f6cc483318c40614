/** Runs a command of this package in the test's own process, on the wasm engine. */
import { readFileSync, writeFileSync } from 'node:fs'
import { runBinary } from '@safe/tensor-core/cli'
import { dualselectBinary } from '../../src/cli/binary'

export const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(dualselectBinary, [...argv, '--engine', 'wasm', '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}

/** Rows of a JSONL file. */
export const rowsIn = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

export const writeRows = (path: string, rows: ReadonlyArray<unknown>): string => {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}
