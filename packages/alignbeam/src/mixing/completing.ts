/** The draft alone completes bridged rows from where they stand, reusing its cache. */
import type {
  Completion,
  DecodingSession,
  GenerationError,
  GenerationOptions,
  NextToken,
  Tokenizer,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Bridged, type BridgedRow, type LiveRows, disposing } from './bridging'

// model ------------------------------------------------------------------------------------------

export interface CompletingOptions {
  readonly generation: GenerationOptions
  /** Most tokens each row may still add. */
  readonly budgets: ReadonlyArray<number>
  /** The random stream of each row. */
  readonly streams: ReadonlyArray<number>
}

// text -------------------------------------------------------------------------------------------

/** Ends a text before the first stop string in it. */
export const cutAtStop = (
  text: string,
  stop: ReadonlyArray<string>,
): { readonly text: string; readonly stopped: boolean } => {
  const places = stop.map((s) => text.indexOf(s)).filter((at) => at >= 0)
  return places.length === 0
    ? { text, stopped: false }
    : { text: text.slice(0, Math.min(...places)), stopped: true }
}

/** A completion from what the bridge and the draft said; stop strings may lie across the two. */
export const joined = (
  tokenizer: Tokenizer | undefined,
  { stop, logProbs }: Pick<GenerationOptions, 'stop' | 'logProbs'>,
  row: Pick<BridgedRow, 'tokens' | 'steps'>,
  rest: Completion | undefined,
  finishReason: Completion['finishReason'],
): Completion => {
  const tokens = [...row.tokens, ...(rest?.tokens ?? [])]
  const { text, stopped } = cutAtStop(tokenizer?.decode(tokens, { skipSpecial: true }) ?? '', stop)
  return {
    tokens,
    text,
    finishReason: stopped ? 'stop' : (rest?.finishReason ?? finishReason),
    ...(logProbs === undefined
      ? {}
      : {
          logProbs: [
            ...row.steps.slice(0, row.tokens.length).map(({ chosen, top }) => ({ chosen, top })),
            ...(rest?.logProbs ?? []),
          ],
        }),
  }
}

// running ----------------------------------------------------------------------------------------

const completeRows =
  ({ generation, budgets, streams }: CompletingOptions) =>
  ({
    session,
    rows,
  }: LiveRows): TE.TaskEither<GenerationError, ReadonlyArray<readonly [number, Completion]>> => {
    const places = rows.flatMap((row, place) => ((budgets[row] ?? 0) > 0 ? [place] : []))
    const finish = (
      from: DecodingSession<NextToken>,
    ): TE.TaskEither<GenerationError, ReadonlyArray<Completion>> =>
      from.complete(
        generation,
        places.map((place) => ({
          maxNewTokens: budgets[rows[place] ?? -1] ?? 0,
          stream: streams[rows[place] ?? -1] ?? 0,
        })),
      )
    const work: TE.TaskEither<GenerationError, ReadonlyArray<Completion>> = places.length === 0
      ? TE.right([])
      : places.length === rows.length
        ? finish(session)
        : pipe(
            session.select(places),
            TE.chainW((some) => disposing(some, finish(some))),
          )
    return pipe(
      disposing(session, work),
      TE.map((completions) =>
        completions.map((completion, i) => [rows[places[i] ?? -1] ?? -1, completion] as const),
      ),
    )
  }

/** What the draft adds to each live row, by row number; the rows' sessions are freed. */
export const completeBridged = (
  { live }: Pick<Bridged, 'live'>,
  options: CompletingOptions,
): TE.TaskEither<GenerationError, ReadonlyMap<number, Completion>> => {
  const [head, ...tail] = live
  return head === undefined
    ? TE.right(new Map())
    : pipe(
        completeRows(options)(head),
        TE.tapError(() => TE.fromIO(() => tail.forEach((l) => l.session.dispose()))),
        TE.chain((first) =>
          pipe(
            completeBridged({ live: tail }, options),
            TE.map((others) => new Map([...first, ...others])),
          ),
        ),
      )
}
