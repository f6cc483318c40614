/** A binary run as a user runs it, and files for it. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Binary, type Command, runBinary } from '@safe/tensor-core/cli'
import { binary } from '../../src/cli/binary'

export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly json: () => unknown
}

/** @param own commands in place of the binary's of the same name */
export const runWith =
  (...own: ReadonlyArray<Command>) =>
  async (...argv: string[]): Promise<Printed> => {
    const printed = { out: '', err: '' }
    const used: Binary = {
      ...binary,
      commands: binary.commands.map((c) => own.find((o) => o.name === c.name) ?? c),
    }
    const code = await runBinary(used, argv, {
      stdout: (s) => (printed.out += s),
      stderr: (s) => (printed.err += s),
    })
    return { code, ...printed, json: (): unknown => JSON.parse(printed.out) }
  }

export const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-cli-'))

/** A file with a row in each line. */
export const file = (name: string, ...rows: ReadonlyArray<unknown>): string => {
  const path = join(folder(), name)
  writeFileSync(path, rows.map((r) => `${typeof r === 'string' ? r : JSON.stringify(r)}\n`).join(''))
  return path
}
