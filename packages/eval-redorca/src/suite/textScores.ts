/**
 * Texts whose perplexity is measured, and what a model's score of each is stored as. A text is the response of a row, after its
 * prompt, or a row `{text}`, without template and without anything before it (so its first token is not predicted).
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Dataset,
  type Example,
  type Fault,
  type InputError,
  badInput,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import { type Row, exampleOf, readRows } from '@safe/tensor-core/formats'

// model ------------------------------------------------------------------------------------------

export const textScoreCodec = t.readonly(t.type({ id: t.string, tokens: t.number, nll: t.number }))
/** A row of `perplexity.jsonl`: how many tokens of a text were predicted, and the sum of their negative log-likelihoods, nats. */
export type TextScore = t.TypeOf<typeof textScoreCodec>

// rows -------------------------------------------------------------------------------------------

const plainText = (row: Row, index: number): Example | undefined => {
  const { text, id, ...fields } = row.value
  return typeof text !== 'string'
    ? undefined
    : {
        id: typeof id === 'string' || typeof id === 'number' ? String(id) : String(index),
        prompt: tokenPrompt([]),
        response: { kind: 'text', text },
        raw: row.raw,
        fields,
      }
}

const isEmpty = ({ response }: Example): boolean =>
  response.kind === 'text' ? response.text === '' : response.tokens.length === 0

const textOf =
  (path: string) =>
  (row: Row, index: number): E.Either<InputError, Example> =>
    pipe(
      exampleOf(path, row, index),
      E.orElse((fault) => E.fromNullable(fault)(plainText(row, index))),
      E.filterOrElse(
        (example) => !isEmpty(example),
        ({ id }): InputError =>
          badInput('BadRow', 'has no text to score', {
            where: `${path}, row ${id}`,
            remedy: 'give rows with a response, or rows {text}',
          }),
      ),
    )

/** Reads the texts of a file. @returns left: the file cannot be read, or a row of it is neither with a response nor a text */
export const readTexts = (path: string): TE.TaskEither<Fault, Dataset> =>
  pipe(
    readRows(path),
    TE.chainEitherKW((rows) =>
      pipe(
        rows.map((row, index) => ({ row, index })),
        E.traverseArray(({ row, index }) => textOf(path)(row, index)),
      ),
    ),
    TE.filterOrElseW(
      (examples) => examples.length > 0,
      (): Fault =>
        badInput('EmptyData', 'has no row', {
          where: path,
          remedy: 'give rows with a response, or rows {text}',
        }),
    ),
    TE.map((examples) => ({ name: path, examples })),
  )
