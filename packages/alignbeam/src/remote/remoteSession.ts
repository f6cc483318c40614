/**
 * A decoding session of a model behind a URL. Nothing is held there: a row is sent whole for each token, all rows of a session at
 * once, and servers keep what they have computed for its beginning. So editing and choosing rows cost nothing.
 */
import type {
  Completion,
  DecodingSession,
  GenerationOptions,
  LmError,
  PartialDistribution,
  RowRequest,
} from '@safe/tensor-core/contracts'
import { type Endpoint, type Reply, type Sampling, addressText } from '@safe/tensor-core/endpoint'
import { stream } from '@safe/tensor-core/random'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { cutAtStop } from '../mixing/completing'
import type { Continues, Row } from './continuation'
import { type Listed, listedIn } from './listed'
import type { TokenBook } from './tokenBook'

// model ------------------------------------------------------------------------------------------

/** What a session of a server needs. */
export interface RemoteUse {
  readonly endpoint: Endpoint
  readonly book: TokenBook
  readonly continues: Continues
  /** Most probable tokens asked for, B. */
  readonly top: number
  /** Whether tokens that are parts of characters can be used. */
  readonly wholeCharacters: boolean
  /** Takes what each reply lists. */
  readonly onListed: (listed: Listed) => void
}

// completing -------------------------------------------------------------------------------------

/** A seed for each random stream, since servers know one number only. */
const seedOf = (seed: number, id: number): number =>
  Math.floor(stream(seed, 'sample', id).uniform() * 2 ** 31)

/** Servers have defaults of their own, which are switched off by name. */
const samplingOf = (options: GenerationOptions, request: Required<RowRequest>): Sampling => ({
  maxTokens: request.maxNewTokens,
  temperature: options.temperature,
  stop: options.stop,
  ...(options.temperature === 0 ? {} : { topP: options.topP, seed: seedOf(options.seed, request.stream) }),
  ...(options.temperature === 0 && options.repetitionPenalty === 1
    ? {}
    : { shaping: { repetitionPenalty: options.repetitionPenalty, topK: options.topK, minP: 0 } }),
})

const completionOf =
  ({ book }: Pick<RemoteUse, 'book'>, stop: ReadonlyArray<string>) =>
  ({ text, finishReason }: Reply): Completion => {
    // Some servers keep the stop text.
    const cut = cutAtStop(text, stop)
    return {
      tokens: book.tokenizer.encodeInner(cut.text),
      text: cut.text,
      finishReason: finishReason === 'length' && !cut.stopped ? 'length' : 'stop',
    }
  }

/** Completions of rows, asked for at once. */
export const completeRows = (
  use: RemoteUse,
  rows: ReadonlyArray<Row>,
  options: GenerationOptions,
  requests: ReadonlyArray<RowRequest>,
): TE.TaskEither<LmError, ReadonlyArray<Completion>> =>
  use.endpoint.all(
    rows.map((row, i) => ({
      row,
      request: { maxNewTokens: options.maxNewTokens, stream: i, ...requests[i] },
    })),
    ({ row, request }): TE.TaskEither<LmError, Completion> =>
      request.maxNewTokens <= 0
        ? TE.right({ tokens: [], text: '', finishReason: 'length' })
        : pipe(use.continues.ask(row, samplingOf(options, request)), TE.map(completionOf(use, options.stop))),
  )

// stepping ---------------------------------------------------------------------------------------

const nextOf = (use: RemoteUse, row: Row): TE.TaskEither<LmError, PartialDistribution> =>
  pipe(
    use.continues.ask(row, { maxTokens: 1, temperature: 0, topLogProbs: use.top }),
    TE.chainEitherKW(
      listedIn({
        book: use.book,
        where: addressText(use.endpoint.address),
        wholeCharacters: use.wholeCharacters,
      }),
    ),
    TE.map((listed) => {
      use.onListed(listed)
      return listed.next
    }),
  )

/** What a task gives, once it has succeeded: a row is sent once, however often its distribution is read. */
const once = <Err, A>(task: TE.TaskEither<Err, A>): TE.TaskEither<Err, A> => {
  const made: { value?: A } = {}
  return pipe(
    TE.fromIO(() => made.value),
    TE.chain((value) =>
      value !== undefined
        ? TE.right(value)
        : pipe(
            task,
            TE.map((found) => (made.value = found)),
          ),
    ),
  )
}

// constructor ------------------------------------------------------------------------------------

/** A session of these rows. */
export const remoteSession = (
  use: RemoteUse,
  rows: ReadonlyArray<Row>,
): DecodingSession<PartialDistribution> => ({
  tokens: rows.map(({ prompt, added }) => [...prompt, ...added]),
  promptLengths: rows.map(({ prompt }) => prompt.length),
  logProbs: once(use.endpoint.all(rows, (row) => nextOf(use, row))),
  edit: (edits) =>
    TE.right(
      remoteSession(
        use,
        RA.zipWith(rows, edits, ({ prompt, added }, { keep, tokens }) => {
          const whole = [...[...prompt, ...added].slice(0, keep), ...tokens]
          return { prompt: whole.slice(0, prompt.length), added: whole.slice(prompt.length) }
        }),
      ),
    ),
  select: (chosen) =>
    TE.right(
      remoteSession(
        use,
        chosen.flatMap((i) => rows[i] ?? []),
      ),
    ),
  complete: (options, requests = []) => completeRows(use, rows, options, requests),
  dispose: () => undefined,
})
