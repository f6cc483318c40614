/** What is in a folder that a run is to write into: nothing, a run that began, a run with its configuration, or something else. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import { decodeConfig } from '../config/configCodec'
import { isFirstName } from '../results/ownNames'

// model ------------------------------------------------------------------------------------------

export type FolderState =
  /** There is no folder, or nothing in it. */
  | { readonly _tag: 'Empty' }
  /** A run began and ended before it had written its configuration, as on a full disk: there is nothing to lose. */
  | { readonly _tag: 'Begun' }
  /** A run, its configuration and how many cells are finished. */
  | { readonly _tag: 'Run'; readonly cells: number; readonly config: BenchConfig }
  /** Finished cells without a configuration that can be read. */
  | { readonly _tag: 'Unnamed'; readonly cells: number; readonly reason: string }
  | { readonly _tag: 'Foreign' }

// parts ------------------------------------------------------------------------------------------

const finishedCells = (out: string): number => {
  const cells = join(out, 'cells')
  return existsSync(cells)
    ? readdirSync(cells).filter((id) => !id.startsWith('.') && existsSync(join(cells, id, 'cell.json')))
        .length
    : 0
}

/** The configuration of the folder's run; left where there is none, or an empty file, or one that cannot be read. */
const storedConfig = (out: string): E.Either<Fault, BenchConfig> => {
  const path = join(out, 'config.yaml')
  return existsSync(path)
    ? pipe(
        E.tryCatch(
          (): unknown => parse(readFileSync(path, 'utf8')),
          (cause): Fault => badInput('BadConfig', causeLine(cause), { where: path }),
        ),
        E.filterOrElse(
          (document) => document !== null && document !== undefined,
          (): Fault => badInput('BadConfig', 'config.yaml is empty', { where: path }),
        ),
        E.chain((document) => decodeConfig(document, 'config.yaml')),
      )
    : E.left(badInput('FileMissing', 'config.yaml is missing', { where: path }))
}

const isEmptyFile = (path: string): boolean => !existsSync(path) || readFileSync(path, 'utf8').trim() === ''

// reading ----------------------------------------------------------------------------------------

/** @returns left where the folder cannot be read */
export const folderState = (out: string): E.Either<Fault, FolderState> =>
  E.tryCatch(
    (): FolderState => {
      const names = existsSync(out) ? readdirSync(out) : []
      if (names.length === 0) return { _tag: 'Empty' }
      const cells = finishedCells(out)
      const config = storedConfig(out)
      if (E.isRight(config)) return { _tag: 'Run', cells, config: config.right }
      if (cells > 0) return { _tag: 'Unnamed', cells, reason: config.left.message }
      return isEmptyFile(join(out, 'config.yaml')) && names.every(isFirstName)
        ? { _tag: 'Begun' }
        : { _tag: 'Foreign' }
    },
    (cause): Fault => failure('FileUnreadable', causeLine(cause), { where: out }),
  )
