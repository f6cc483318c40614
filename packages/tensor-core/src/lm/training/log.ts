/** The training log: one JSON row per optimizer step, flushed as it is made; a resumed run rewrites it from its checkpoint on. */
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import type { FormatError } from '../../contracts'
import { makeFolder, writeError } from '../../files'

/** One optimizer step in the training log. */
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

export type Log = (row: Readonly<Record<string, unknown>>) => void

/** Opens a log of JSON rows whose `step` tells where they belong. */
export const openLog = (path: string | undefined, fromStep: number): E.Either<FormatError, Log> => {
  if (path === undefined) return E.right(() => undefined)
  const temporary = `${path}.tmp`
  return E.tryCatch(() => {
    makeFolder(dirname(path))
    writeFileSync(temporary, fromStep === 0 ? '' : earlierRows(path, fromStep))
    try {
      renameSync(temporary, path)
    } catch (cause) {
      rmSync(temporary, { force: true })
      throw cause
    }
    return (row) => appendFileSync(path, `${JSON.stringify(row)}\n`)
  }, writeError(path))
}
