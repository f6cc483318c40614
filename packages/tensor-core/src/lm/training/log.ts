/** The training log: one JSON row per optimizer step, flushed as it is made; a resumed run rewrites it from its checkpoint on. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface LogRow {
  /** From 0. */
  readonly step: number
  /** Mean loss of the step's batches, nats. */
  readonly loss: number
  /** Before clipping. */
  readonly gradNorm: number
  readonly lr: number
  readonly examples: number
  /** Tokens of the step's rows, without padding. */
  readonly tokens: number
  /** Of this step alone. */
  readonly seconds: number
}

/** Rows of an earlier run that come before `step`. */
const earlierRows = (path: string, step: number): string =>
  !existsSync(path)
    ? ''
    : readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => {
          const found = /"step":(\d+)/.exec(line)
          return found !== null && line.endsWith('}') && Number(found[1]) < step
        })
        .map((line) => `${line}\n`)
        .join('')

/** Opens a log of JSON rows whose `step` tells where they belong. */
export const openLog = (
  path: string | undefined,
  fromStep: number,
): ((row: Readonly<Record<string, unknown>>) => void) => {
  if (path === undefined) return () => undefined
  mkdirSync(dirname(path), { recursive: true })
  const kept = fromStep === 0 ? '' : earlierRows(path, fromStep)
  const temporary = `${path}.tmp`
  writeFileSync(temporary, kept)
  renameSync(temporary, path)
  return (row) => appendFileSync(path, `${JSON.stringify(row)}\n`)
}
