/** What a gate writes besides its verdict: files for a build server, for the summary of a job, and for a model card. */
import { existsSync, statSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { makeFolder, refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { cardText } from './card'
import type { Checked } from './checks'
import { junitXml } from './junit'
import type { Side } from './side'
import { summaryText } from './summary'

// model ------------------------------------------------------------------------------------------

/** The files that are wanted. */
export interface GateFiles {
  readonly junit: string | undefined
  /** Appended to. */
  readonly summary: string | undefined
  readonly card: string | undefined
  /** Whether existing files are replaced; the summary never is. */
  readonly overwrite: boolean
}

/** All that a gate found. */
export interface GateResult {
  readonly found: Checked
  readonly baseline: Side
  readonly candidate: Side
  readonly warnings: ReadonlyArray<string>
}

// writing ----------------------------------------------------------------------------------------

/** @returns left: the summary is a folder, which nothing can be appended to */
const checkedSummary = (path: string | undefined): E.Either<Fault, void> =>
  path !== undefined && existsSync(path) && statSync(path).isDirectory()
    ? E.left(
        badInput('BadOption', 'is a folder', {
          field: 'summary',
          where: path,
          remedy: 'give a file to append to, as $GITHUB_STEP_SUMMARY',
        }),
      )
    : E.right(undefined)

/** @returns left: a file exists and must not be replaced, or the summary cannot be appended to */
export const checkedFiles = ({ junit, summary, card, overwrite }: GateFiles): E.Either<Fault, void> =>
  pipe(
    [junit, card].flatMap((path) => path ?? []),
    E.traverseArray((path): E.Either<Fault, string> => refuseExisting(path, { overwrite })),
    E.chain(() => checkedSummary(summary)),
  )

const appended = (path: string, text: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () => {
      makeFolder(dirname(path))
      return appendFile(path, text)
    },
    (cause): Fault => failure('WriteFailed', causeLine(cause), { where: path }),
  )

const ifWanted = (
  path: string | undefined,
  write: (path: string) => TE.TaskEither<Fault, void>,
): TE.TaskEither<Fault, void> => (path === undefined ? TE.right(undefined) : write(path))

/** Writes the files, the summary last: it cannot be written again without standing there twice. @param name the model's name in its card */
export const writeFiles = (
  { junit, summary, card }: GateFiles,
  { found, baseline, candidate, warnings }: GateResult,
  name: string,
): TE.TaskEither<Fault, void> =>
  pipe(
    ifWanted(junit, (path) => writeWhole(path, junitXml(found, candidate.listing.finished))),
    TE.chain(() => ifWanted(card, (path) => writeWhole(path, cardText(name, found, baseline, candidate)))),
    TE.chain(() =>
      ifWanted(summary, (path) => appended(path, summaryText(found, baseline, candidate, warnings))),
    ),
  )
