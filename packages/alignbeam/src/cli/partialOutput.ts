/** Rows appended as they are made, in a file beside the output, so that a stopped run can continue; renamed when it is complete. */
import { existsSync } from 'node:fs'
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import { makeFolder, writeError } from '@safe/tensor-core/files'

// model ------------------------------------------------------------------------------------------

export interface PartialOutput {
  /** Lines an earlier run has left. */
  readonly done: ReadonlyArray<string>
  readonly append: (lines: ReadonlyArray<string>) => TE.TaskEither<FormatError, void>
  /** Renames the partial file to the output. */
  readonly finish: TE.TaskEither<FormatError, void>
}

// reading ----------------------------------------------------------------------------------------

const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, writeError(where))

/** The `id` of a complete row; undefined where the line is not one. */
const idOf = (line: string): string | undefined =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(line),
      () => undefined,
    ),
    E.map((row) =>
      typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string'
        ? row.id
        : undefined,
    ),
    E.getOrElseW(() => undefined),
  )

/** Complete lines of an earlier run, which must be the rows of the first prompts; a truncated line is made again. */
const earlierLines = (
  path: string,
  content: string,
  ids: ReadonlyArray<string>,
): E.Either<FormatError, ReadonlyArray<string>> => {
  const lines = content.split('\n').slice(0, -1)
  const foreign = lines.findIndex((line, i) => ids[i] === undefined || idOf(line) !== ids[i])
  return foreign === -1
    ? E.right(lines)
    : E.left(
        badInput('OutputExists', 'is not a row of these prompts', {
          where: `${path}:${foreign + 1}`,
          remedy: 'give the prompts of that run, or --overwrite',
        }),
      )
}

// constructors -----------------------------------------------------------------------------------

/** Opens the output of rows with these ids, in this order; with `resume` what is there already is kept. */
export const partialOutput = (
  path: string,
  ids: ReadonlyArray<string>,
  resume: boolean,
): TE.TaskEither<FormatError, PartialOutput> => {
  const partial = `${path}.partial`
  const earlier = resume ? [partial, path].find((p) => existsSync(p)) : undefined
  return pipe(
    earlier === undefined
      ? TE.right<FormatError, ReadonlyArray<string>>([])
      : pipe(
          TE.tryCatch(
            () => readFile(earlier, 'utf8'),
            (cause) => failure('FileUnreadable', `cannot be read (${causeLine(cause)})`, { where: earlier }),
          ),
          TE.chainEitherK((content) => earlierLines(earlier, content, ids)),
        ),
    TE.map((done): PartialOutput => ({
      done,
      // The file appears with the first rows, so a run that fails before them leaves nothing.
      append: (lines) =>
        attempt(partial, async () => {
          makeFolder(dirname(partial))
          await appendFile(partial, lines.map((line) => `${line}\n`).join(''))
        }),
      finish: attempt(path, () => rename(partial, path)),
    })),
    TE.chainFirst(({ done }) =>
      attempt(partial, async () => {
        if (done.length === 0) await rm(partial, { force: true })
        else await writeFile(partial, done.map((line) => `${line}\n`).join(''))
      }),
    ),
  )
}
