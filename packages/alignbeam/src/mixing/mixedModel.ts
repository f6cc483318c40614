/**
 * Draft and anchor as one `CausalLM`: `generate` decodes by beams, a session's distributions are mixed for the first N tokens
 * and the draft's own afterwards, scores are the draft's. So a decoding defence composes with any other.
 */
import type {
  CausalLM,
  Completion,
  DecodingSession,
  FullDistribution,
  GenerationError,
  GenerationOptions,
  GenerationRequest,
  NextToken,
  RowRequest,
  Steps,
} from '@safe/tensor-core/contracts'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { chooseToken } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import { type Step, bridgeRows } from './bridging'
import { completeBridged, cutAtStop, joined } from './completing'
import { type Mixed, bestLogProb, denseLogProbs } from './mix'
import { type MixedSession, type Mixer, openMixed } from './mixedSession'
import type { Reader } from './reading'

/** Completions of mixed rows, with the mixed steps of each. */
interface MixedCompletions {
  readonly completions: ReadonlyArray<Completion>
  readonly steps: ReadonlyArray<ReadonlyArray<Step>>
}

/** How a row takes its next token from a mixture. */
type Choosing = (mixed: Mixed, row: number, tokens: ReadonlyArray<number>) => number

/** The caller's way to choose a token from a mixture, each row with its own random stream. */
const choosing = (draft: Steps, generation: GenerationOptions, streams: ReadonlyArray<number>): Choosing => {
  if (generation.temperature === 0 && generation.repetitionPenalty === 1) return bestLogProb
  const draws = streams.map((id) => stream(generation.seed, 'sample', id))
  const spare = stream(generation.seed, 'sample', streams.length)
  return (mixed, row, tokens) =>
    chooseToken(denseLogProbs(mixed, draft.vocabSize), tokens, generation, draws[row] ?? spare)
}

/** Whether a stop string has been written, where there are any. */
const ending = (draft: Steps, { stop }: GenerationOptions) =>
  stop.length === 0
    ? undefined
    : (added: ReadonlyArray<number>): boolean =>
        cutAtStop(draft.tokenizer?.decode(added, { skipSpecial: true }) ?? '', stop).stopped

/** Completes a mixed session: what is left of the bridge by the mixture, then the draft by the caller's options. */
export const completeMixed =
  (draft: Steps, { bridgeTokens, sampled, ends }: Pick<Mixer, 'bridgeTokens' | 'sampled' | 'ends'>) =>
  (
    session: MixedSession,
    generation: GenerationOptions,
    requests: ReadonlyArray<RowRequest> = [],
  ): TE.TaskEither<GenerationError, MixedCompletions> => {
    const rows = session.tokens.map((_, i) => i)
    const budgets = rows.map((i) => requests[i]?.maxNewTokens ?? generation.maxNewTokens)
    const streams = rows.map((i) => requests[i]?.stream ?? i)
    return pipe(
      session.select(rows),
      TE.chain((own) =>
        bridgeRows(own, {
          bridgeTokens,
          stopTokens: ends ?? draft.stopTokens,
          budgets,
          logProbs: generation.logProbs ?? 0,
          choose: sampled === true ? choosing(draft, generation, streams) : undefined,
          ends: ending(draft, generation),
        }),
      ),
      TE.chainW((bridged) =>
        pipe(
          completeBridged(bridged, {
            generation,
            budgets: budgets.map((n, i) => n - (bridged.rows[i]?.tokens.length ?? 0)),
            streams,
          }),
          TE.map((rest) => ({
            completions: bridged.rows.map((row, i) =>
              joined(draft.tokenizer, generation, row, rest.get(i), row.state === 'stop' ? 'stop' : 'length'),
            ),
            steps: bridged.rows.map((row) => row.steps),
          })),
        ),
      ),
    )
  }

/** Mixed for the first N tokens of a row, the draft's own afterwards. */
const distributions = (
  session: MixedSession,
  { bridgeTokens }: Pick<Mixer, 'bridgeTokens'>,
): DecodingSession['logProbs'] =>
  pipe(
    session.own,
    TE.chain((ours) =>
      session.positions.some((at) => at < bridgeTokens)
        ? pipe(
            session.mixed,
            TE.map((rows) =>
              ours.map((row, i) => {
                const both = (session.positions[i] ?? 0) < bridgeTokens ? rows[i] : undefined
                return both === undefined ? row : denseLogProbs(both, row.length)
              }),
            ),
          )
        : TE.right(ours),
    ),
  )

const asSession = (
  draft: Steps,
  mixer: Pick<Mixer, 'bridgeTokens' | 'sampled'>,
  session: MixedSession,
): DecodingSession => {
  const wrap = (next: MixedSession): DecodingSession => asSession(draft, mixer, next)
  return {
    tokens: session.tokens,
    promptLengths: session.promptLengths,
    logProbs: distributions(session, mixer),
    edit: (edits) => pipe(session.edit(edits), TE.map(wrap)),
    select: (rows) => pipe(session.select(rows), TE.map(wrap)),
    complete: (generation, rows) =>
      pipe(
        completeMixed(draft, mixer)(session, generation, rows),
        TE.map(({ completions }) => completions),
      ),
    dispose: session.dispose,
  }
}

export interface MixedModelOptions {
  /** The name of the whole, for stamps. */
  readonly id: string
  /** Prompts answered at once. */
  readonly batchSize: number
  /** How one batch is answered. */
  readonly answer: (
    requests: ReadonlyArray<GenerationRequest>,
    generation: GenerationOptions,
  ) => TE.TaskEither<GenerationError, ReadonlyArray<Completion>>
  /** Called by `dispose`, besides the draft's own. */
  readonly onDispose?: (() => void) | undefined
}

/** Requests with the random stream that each has by its place, so that they can be answered in batches. */
export const streamed = (requests: ReadonlyArray<GenerationRequest>): ReadonlyArray<GenerationRequest> =>
  requests.map(({ stream, ...request }, place) => ({ ...request, stream: stream ?? place }))

/** The draft with the anchor beside it. Disposing of it disposes of the draft. */
export const mixedModel = <A extends NextToken>(
  draft: CausalLM,
  anchor: Reader<A>,
  mixer: Mixer<FullDistribution, A>,
  options: MixedModelOptions,
): CausalLM => ({
  ...draft,
  id: options.id,
  open: (prompts) =>
    pipe(
      openMixed(anchor, mixer)(draft)(prompts),
      TE.map((session) => asSession(draft, mixer, session)),
    ),
  generate: (requests, generation) =>
    pipe(
      RA.chunksOf(options.batchSize)(streamed(requests)),
      TE.traverseSeqArray((batch) => options.answer(batch, generation)),
      TE.map((parts) => parts.flat()),
    ),
  dispose: () => {
    draft.dispose()
    options.onDispose?.()
  },
})
