/**
 * Encodes rows to token ids. Prompt and response are tokenised separately, as in generation: a model reads the whole prompt and then
 * produces the response. So the response is encoded as a continuation (no dummy blank before it). Token rows are used unchanged.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type FormatError,
  type InputError,
  type Prompt,
  badInput,
  causeLine,
} from '../contracts'
import { type PromptTemplate, chooseTemplate } from './template'
import type { TextTokenizer } from './tokenizer'

// model ------------------------------------------------------------------------------------------

/** A row as token ids: only the response tokens count in a loss. */
export interface EncodedExample {
  readonly promptTokens: ReadonlyArray<number>
  readonly responseTokens: ReadonlyArray<number>
}

/** Settings of the encoding. */
export interface EncodingChoice {
  /** Undefined where the model has none: then only token rows can be encoded. */
  readonly tokenizer: TextTokenizer | undefined
  /** `chat`, `qa`, `none` or a file; by default `chat` where the tokenizer has a template, else `qa`. */
  readonly template?: string
  /** Omits the end-of-sequence token after text responses. */
  readonly noEos?: boolean
  /** The model's end-of-sequence token, used where the tokenizer names none. */
  readonly eos?: number
}

/** Encodes prompts and rows for one model; left `BadRow` where one cannot be encoded. */
export interface Encoder {
  readonly template: string
  readonly prompt: (p: Prompt) => E.Either<InputError, ReadonlyArray<number>>
  /** An empty text response has no tokens, and no end of sequence either. */
  readonly example: (e: Example) => E.Either<InputError, EncodedExample>
}

/** A data set as tokens. `index` is the row's zero-based number in the data set. */
export interface EncodedRows {
  readonly rows: ReadonlyArray<EncodedExample & { readonly index: number; readonly example: Example }>
  /** The number of rows that were cut on the right to the maximum length. */
  readonly cut: number
  /** The number of rows that were skipped because they have no response token, or none left after cutting. */
  readonly skipped: number
}

// encoding ---------------------------------------------------------------------------------------

const noTokenizer = (): E.Either<InputError, never> =>
  E.left(
    badInput('BadRow', 'is text, but the model folder has no tokenizer.json', {
      remedy: 'give rows {promptTokens, responseTokens}, or add the tokenizer to the folder',
    }),
  )

/** Runs an encoding. @returns left where the tokenizer fails on the text or takes too long */
const encoded = (encode: () => ReadonlyArray<number>): E.Either<InputError, ReadonlyArray<number>> =>
  E.tryCatch(encode, (cause) =>
    badInput('BadRow', `cannot be encoded: the tokenizer ${causeLine(cause)}`, {
      remedy: 'check tokenizer.json, or remove the row',
    }),
  )

/** Encodes a prompt to the tokens that a model reads before its response. */
export const encodePrompt =
  (tokenizer: TextTokenizer | undefined, template: PromptTemplate) =>
  (prompt: Prompt): E.Either<InputError, ReadonlyArray<number>> =>
    prompt.kind === 'tokens'
      ? E.right(prompt.tokens)
      : tokenizer === undefined
        ? noTokenizer()
        : pipe(
            template.render(prompt),
            E.chain((text) => encoded(() => tokenizer.encode(text))),
            E.map((tokens) => (template.prefixed ? tokenizer.prefixTokens.concat(tokens) : tokens)),
          )

/** Encodes prompt and response of one row. @param eos the token appended to text responses; undefined appends none */
export const encodeExample =
  (tokenizer: TextTokenizer | undefined, template: PromptTemplate, eos: number | undefined) =>
  ({ id, prompt, response }: Example): E.Either<InputError, EncodedExample> =>
    pipe(
      encodePrompt(tokenizer, template)(prompt),
      E.chain((promptTokens): E.Either<InputError, EncodedExample> => {
        if (response.kind === 'tokens') return E.right({ promptTokens, responseTokens: response.tokens })
        if (response.text === '') return E.right({ promptTokens, responseTokens: [] })
        return tokenizer === undefined
          ? noTokenizer()
          : pipe(
              encoded(() => tokenizer.encodeInner(response.text)),
              E.map((tokens) => ({
                promptTokens,
                responseTokens: eos === undefined ? tokens : tokens.concat(eos),
              })),
            )
      }),
      E.mapLeft((e) => ({ ...e, where: e.where ?? `row ${id}` })),
    )

/** The encoder for a model's rows. @returns left where the template cannot be read or is not there */
export const encoderOf = (choice: EncodingChoice): TE.TaskEither<FormatError | InputError, Encoder> =>
  pipe(
    chooseTemplate(choice.template, choice.tokenizer),
    TE.map((template) => ({
      template: template.name,
      prompt: encodePrompt(choice.tokenizer, template),
      example: encodeExample(
        choice.tokenizer,
        template,
        choice.noEos === true ? undefined : (choice.tokenizer?.eos ?? choice.eos),
      ),
    })),
  )

// data sets --------------------------------------------------------------------------------------

/** Cuts a row on the right to `maxLength` tokens. */
export const cutExample = (row: EncodedExample, maxLength: number): EncodedExample => ({
  promptTokens: row.promptTokens.slice(0, maxLength),
  responseTokens: row.responseTokens.slice(0, Math.max(0, maxLength - row.promptTokens.length)),
})

/** Encodes all rows in order. Rows longer than `maxLength` are cut, rows without a response token skipped; both are counted. */
export const encodeExamples = (
  encoder: Pick<Encoder, 'example'>,
  examples: ReadonlyArray<Example>,
  maxLength = Number.POSITIVE_INFINITY,
): E.Either<InputError, EncodedRows> =>
  pipe(
    examples,
    E.traverseArray((example) =>
      pipe(
        encoder.example(example),
        E.map((row) => ({ example, row })),
      ),
    ),
    E.map((encoded) => {
      const all = encoded.map(({ example, row }, index) => ({
        cut: row.promptTokens.length + row.responseTokens.length > maxLength,
        row: { ...cutExample(row, maxLength), index, example },
      }))
      const kept = all.filter(({ row }) => row.responseTokens.length > 0)
      return {
        rows: kept.map(({ row }) => row),
        cut: kept.filter(({ cut }) => cut).length,
        skipped: all.length - kept.length,
      }
    }),
  )

/** Warnings about cut and skipped rows, one line each; none where all rows are whole. */
export const encodingWarnings = ({ cut, skipped }: EncodedRows, maxLength: number): ReadonlyArray<string> => [
  ...(cut === 0
    ? []
    : [`${cut} ${cut === 1 ? 'row was' : 'rows were'} cut on the right to ${maxLength} tokens`]),
  ...(skipped === 0
    ? []
    : [
        `${skipped} ${skipped === 1 ? 'row has' : 'rows have'} no response token and ${skipped === 1 ? 'was' : 'were'} skipped`,
      ]),
]

/** The rows with their tokens in place of their texts, as they were encoded: what is scored is then what training sees. */
export const tokenExamples = ({ rows }: Pick<EncodedRows, 'rows'>): ReadonlyArray<Example> =>
  rows.map(({ example, promptTokens, responseTokens }) => ({
    ...example,
    prompt: { kind: 'tokens', tokens: promptTokens },
    response: { kind: 'tokens', tokens: responseTokens },
  }))
