/**
 * Answers in files of other tools, recognised by what they hold, as rows `{prompt, completion}`:
 *
 * - a log of inspect_ai: `.eval`, or `.json` that holds an object;
 * - TamperBench's `inferences.parquet` and `evaluator_scores.parquet` (rows with `prompt` and `response`). Its `evaluation.json` has
 *   metrics alone.
 */
import { open } from 'node:fs/promises'
import { extname } from 'node:path'
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { kindOf, readText } from '@safe/tensor-core/files'
import { readEvalArchive } from './evalArchive'
import { parseInspectJson } from './inspectJson'
import {
  type ForeignRow,
  type ForeignRows,
  isInspectLog,
  rowsOfAnswers,
  rowsOfLog,
  sampleAnswer,
} from './inspectAnswers'

// recognition ------------------------------------------------------------------------------------

/** Characters that are looked at for a document's first one. */
const firstCharacters = 4096

const firstText = async (path: string): Promise<string> => {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(firstCharacters), 0, firstCharacters, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Whether a JSON file holds an object: data files hold lists. A file that cannot be read is left to the readers of data files. */
const holdsObject = (path: string): T.Task<boolean> =>
  pipe(
    TE.tryCatch(
      () => firstText(path),
      () => undefined,
    ),
    TE.match(
      () => false,
      (text) => text.trimStart().startsWith('{'),
    ),
  )

/** The form of a log of inspect_ai that a file may have. */
const formOf = (path: string): TE.TaskEither<Fault, 'archive' | 'document' | 'none'> => {
  const ending = extname(path).toLowerCase()
  return ending !== '.eval' && ending !== '.json'
    ? TE.right('none')
    : pipe(
        kindOf(path),
        TE.chainTaskK((kind) =>
          kind !== 'file'
            ? T.of('none' as const)
            : ending === '.eval'
              ? T.of('archive' as const)
              : pipe(
                  holdsObject(path),
                  T.map((is) => (is ? 'document' : 'none')),
                ),
        ),
      )
}

// logs of inspect_ai -----------------------------------------------------------------------------

const notEmpty = (path: string): ((found: ForeignRows) => E.Either<Fault, ForeignRows>) =>
  E.fromPredicate(
    ({ rows }) => rows.length > 0,
    (): Fault =>
      badInput('EmptyData', 'holds no answers', { where: path, remedy: 'give a log with samples' }),
  )

const archive = (path: string): TE.TaskEither<Fault, ForeignRows> =>
  pipe(
    readEvalArchive(path, sampleAnswer(path)),
    TE.map((samples) => rowsOfAnswers(path, samples)),
  )

const document = (path: string): TE.TaskEither<Fault, ForeignRows> =>
  pipe(
    readText(path),
    TE.chainEitherKW((text) => parseInspectJson(path, text)),
    TE.chainEitherK((json): E.Either<Fault, ForeignRows> =>
      isInspectLog(json)
        ? rowsOfLog(path, json)
        : E.left(
            badInput('FileUnsupported', 'is one object, neither a list of rows nor a log of inspect_ai', {
              where: path,
              remedy: 'give a list of rows, JSON lines, or a log',
            }),
          ),
    ),
  )

/** The answers of a log of inspect_ai; none where the file is something else, which is left to the readers of data files. */
export const foreignRows = (path: string): TE.TaskEither<Fault, O.Option<ForeignRows>> =>
  pipe(
    formOf(path),
    TE.chain((form) =>
      form === 'none'
        ? TE.right(O.none)
        : pipe(
            form === 'archive' ? archive(path) : document(path),
            TE.chainEitherK(notEmpty(path)),
            TE.map(O.some),
          ),
    ),
  )

// TamperBench ------------------------------------------------------------------------------------

const summary = ({ where }: ForeignRow): Fault =>
  badInput('FileUnsupported', 'has metrics and no answers: it is the summary of a TamperBench evaluation', {
    where,
    remedy: 'give the inferences.parquet beside it',
  })

const noText = ({ where }: ForeignRow): Fault =>
  badInput('BadRow', 'has a `response` that is no text', {
    where,
    remedy: 'leave out rows without an answer',
  })

/** A row whose answer is called `response`, as in TamperBench, with that as its completion; other rows as they are. */
export const withCompletion = (row: ForeignRow): E.Either<Fault, ForeignRow> =>
  'completion' in row.value
    ? E.right(row)
    : typeof row.value['response'] === 'string'
      ? E.right({ ...row, value: { ...row.value, completion: row.value['response'] } })
      : 'metric_name' in row.value && 'metric_value' in row.value
        ? E.left(summary(row))
        : 'response' in row.value
          ? E.left(noText(row))
          : E.right(row)
