/**
 * Rows to token ids. Prompt and response are tokenised apart, as a model meets them: it reads the whole prompt and then produces
 * the response, so the response is encoded as text that goes on (no dummy blank before it). Token rows are used as they are.
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

/** What decides how rows become tokens. */
export interface EncodingChoice {
  /** Undefined where the model has none: then only token rows can be encoded. */
  readonly tokenizer: TextTokenizer | undefined
  /** `chat`, `qa`, `none` or a file; default: `chat` where the tokenizer has a template, else `qa`. */
  readonly template?: string
  /** The end-of-sequence token is left out after text responses. */
  readonly noEos?: boolean
  /** End of sequence where the tokenizer names none: the model's own. */
  readonly eos?: number
}

/** How prompts and rows become tokens for one model; left `BadRow` where one cannot. */
export interface Encoder {
  readonly template: string
  readonly prompt: (p: Prompt) => E.Either<InputError, ReadonlyArray<number>>
  /** An empty text response has no tokens, and no end of sequence either. */
  readonly example: (e: Example) => E.Either<InputError, EncodedExample>
}

/** A data set as tokens. `index` is the row's place in the data set. */
export interface EncodedRows {
  readonly rows: ReadonlyArray<EncodedExample & { readonly index: number; readonly example: Example }>
  /** How many rows were cut on the right to the greatest length. */
  readonly cut: number
  /** How many rows were left out because no response token was (left) in them. */
  readonly skipped: number
}

// encoding ---------------------------------------------------------------------------------------

const noTokenizer = (): E.Either<InputError, never> =>
  E.left(
    badInput('BadRow', 'is text, but the model folder has no tokenizer.json', {
      remedy: 'give rows {promptTokens, responseTokens}, or add the tokenizer to the folder',
    }),
  )

/** Left where the tokenizer fails, or takes too long, on this text. */
const encoded = (encode: () => ReadonlyArray<number>): E.Either<InputError, ReadonlyArray<number>> =>
  E.tryCatch(encode, (cause) =>
    badInput('BadRow', `cannot be encoded: the tokenizer ${causeLine(cause)}`, {
      remedy: 'check tokenizer.json, or leave the row out',
    }),
  )

/** The tokens a model reads before it answers. */
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

/** Prompt and response tokens of one row. @param eos put after text responses; undefined: nothing is */
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

/** The encoder of a model's rows. */
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

/** Encodes all rows in order; those without a response token are skipped, longer ones cut, both counted. */
export const encodeExamples = (
  encoder: Pick<Encoder, 'example'>,
  examples: ReadonlyArray<Example>,
  maxLength = Number.POSITIVE_INFINITY,
): E.Either<InputError, EncodedRows> =>
  pipe(
    examples,
    E.traverseArray(encoder.example),
    E.map((encoded) => {
      const all = encoded.flatMap((row, index) => {
        const example = examples[index]
        const whole = row.promptTokens.length + row.responseTokens.length
        return example === undefined
          ? []
          : [{ ...cutExample(row, maxLength), index, example, long: whole > maxLength }]
      })
      const kept = all.filter(({ responseTokens }) => responseTokens.length > 0)
      return {
        rows: kept.map(({ promptTokens, responseTokens, index, example }) => ({
          promptTokens,
          responseTokens,
          index,
          example,
        })),
        cut: kept.filter(({ long }) => long).length,
        skipped: all.length - kept.length,
      }
    }),
  )

/** What a user should know about the rows, one line each; none where all rows are whole. */
export const encodingWarnings = ({ cut, skipped }: EncodedRows, maxLength: number): ReadonlyArray<string> => [
  ...(cut === 0
    ? []
    : [`${cut} ${cut === 1 ? 'row was' : 'rows were'} cut on the right to --max-length ${maxLength}`]),
  ...(skipped === 0
    ? []
    : [
        `${skipped} ${skipped === 1 ? 'row has' : 'rows have'} no response token and ${skipped === 1 ? 'was' : 'were'} skipped`,
      ]),
]
