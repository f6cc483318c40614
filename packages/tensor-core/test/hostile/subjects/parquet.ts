/**
 * Parquet. Mutants are decoded in this process, which is fast; where the decoder hangs or takes all memory, the file is read again
 * through a separate process, as programs do, and that must end with an error (`runner.ts`).
 */
import { readFileSync, readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { readRows } from '../../../src/formats'
import { mutateBytes } from '../mutateBytes'
import type { Random } from '../random'
import { type Subject, settled } from '../subject'

const folder = join(__dirname, '..', '..', 'golden', 'parquet')
const originals = readdirSync(folder)
  .filter((name) => name.endsWith('.parquet'))
  .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))

/** Half of the mutants are changed in their footer, a quarter in their first page. */
const mutate = (bytes: Buffer, random: Random): Buffer => {
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)
  const part = random.below(4)
  if (part === 0) return mutateBytes(bytes, random)
  const [from, to] = part === 1 ? [4, Math.min(footer, 60)] : [footer, bytes.length - 8]
  const middle = mutateBytes(bytes.subarray(from, to), random)
  const out = Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])
  if (part !== 1) out.writeUInt32LE(middle.length, out.length - 8)
  return out
}

const rowProblem = (line: string): string | undefined => {
  const row: unknown = JSON.parse(line)
  return typeof row === 'object' && row !== null && !Array.isArray(row) && !line.includes('\n')
    ? undefined
    : 'a row is no object'
}

export const parquet: Subject = {
  name: 'parquet',
  share: 6,
  mutant: (random) => ({ 'x.parquet': mutate(random.pick(originals).bytes, random) }),
  problem: async (path) => {
    // loaded where it runs: the test runner itself cannot load ES modules such as `hyparquet`
    const { decodeParquet } = await import('../../../src/formats/parquet/decode.js')
    const handle = await open(join(path, 'x.parquet'), 'r')
    try {
      for await (const group of decodeParquet(handle, (await handle.stat()).size))
        for (const line of await group.lines()) {
          const odd = rowProblem(line)
          if (odd !== undefined) return odd
        }
    } catch (cause) {
      // errors become messages in `child.ts`; here it matters only that they are errors
      return cause instanceof Error || Object.prototype.toString.call(cause) === '[object Error]'
        ? undefined
        : `throws ${String(cause)}`
    } finally {
      await handle.close()
    }
    return undefined
  },
}

/** The same file, read through `readRows` in a separate process. */
export const parquetFile: Subject = {
  name: 'parquet-file',
  share: 0.05,
  mutant: parquet.mutant,
  problem: async (path) => settled(await readRows(join(path, 'x.parquet'))()).problem,
}
