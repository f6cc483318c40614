/** Rows of `answers/`: those of `alignbeam generate`, with the verdict, the tokens returned and the time taken. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, type Verdict, badInput, causeLine, responseText } from '@safe/tensor-core/contracts'
import { decodeAs } from '@safe/tensor-core/files'
import { degenerate } from '@safe/tensor-core/judges'
import type { Outcome } from '../sweep/outcome'
import type { SweepRow } from '../sweep/rows'
import { telemetryCodec } from '../mixing/telemetryCodec'

// model ------------------------------------------------------------------------------------------

const verdictCodec = t.type(
  { refused: t.union([t.boolean, t.null]), degenerate: t.union([t.boolean, t.null]) },
  'a verdict',
)

const AnswerRow = t.type(
  {
    id: t.string,
    set: t.string,
    completion: t.string,
    telemetry: telemetryCodec,
    verdict: t.union([verdictCodec, t.null]),
    tokens: t.number,
    seconds: t.number,
  },
  'an answer of a sweep',
)

/** What a sweep adds to a row of `generate`. */
export interface Measured {
  readonly set: SweepRow['set']
  /** Null for rows of a task, which are not judged. */
  readonly verdict: Pick<Verdict, 'refused' | 'harmful' | 'degenerate'> | null
  readonly tokens: number
  readonly seconds: number
}

// reading ----------------------------------------------------------------------------------------

/** The outcome of one line. @param solves whether a completion solves the task with this response */
export const outcomeOf =
  (solves: (completion: string, response: string) => boolean) =>
  (line: string, { set, cluster, side, example }: SweepRow, where: string): E.Either<Fault, Outcome> =>
    pipe(
      E.tryCatch(
        (): unknown => JSON.parse(line),
        (cause): Fault => badInput('FileDamaged', `is not JSON (${causeLine(cause)})`, { where }),
      ),
      E.chainW(decodeAs('FileDamaged')(AnswerRow, where, 'remove the file, and continue with --resume')),
      E.filterOrElseW(
        (row) => row.set === set && row.id === example.id,
        (): Fault =>
          badInput('FileDamaged', `is not the answer to row ${example.id} of the ${set} rows`, {
            where,
            remedy: 'remove the file, and continue with --resume',
          }),
      ),
      E.map((row) => ({
        set,
        cluster,
        side,
        refused: row.verdict?.refused ?? null,
        degenerate: row.verdict?.degenerate ?? degenerate(row.completion),
        ...(set === 'task' ? { correct: solves(row.completion, responseText(example.response)) } : {}),
        seconds: row.seconds,
        tokens: row.tokens,
        telemetry: row.telemetry,
      })),
    )
