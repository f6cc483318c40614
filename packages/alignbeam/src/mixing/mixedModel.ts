/**
 * Draft and anchor as one `CausalLM`: `generate` decodes by beams, a session's distributions are mixed for the first N tokens
 * and the draft's own afterwards, scores are the draft's. So a decoding defence composes with any other.
 */
import type {
  CausalLM,
  Completion,
  DecodingSession,
  GenerationError,
  GenerationOptions,
  GenerationRequest,
  RowRequest,
  Steps,
} from '@safe/tensor-core/contracts'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { bridgeRows } from './bridging'
import { completeBridged, joined } from './completing'
import { type MixedSession, type Mixer, openMixed } from './mixedSession'

/** Completes a mixed session: what is left of the bridge greedily, then the draft by the caller's options. */
const completeMixed =
  (draft: Steps, bridgeTokens: number) =>
  (
    session: MixedSession,
    generation: GenerationOptions,
    requests: ReadonlyArray<RowRequest> = [],
  ): TE.TaskEither<GenerationError, ReadonlyArray<Completion>> => {
    const rows = session.tokens.map((_, i) => i)
    const budgets = rows.map((i) => requests[i]?.maxNewTokens ?? generation.maxNewTokens)
    return pipe(
      session.select(rows),
      TE.chain((own) =>
        bridgeRows(own, {
          bridgeTokens,
          stopTokens: draft.stopTokens,
          budgets,
          logProbs: generation.logProbs ?? 0,
        }),
      ),
      TE.chainW((bridged) =>
        pipe(
          completeBridged(bridged, {
            generation,
            budgets: budgets.map((n, i) => n - (bridged.rows[i]?.tokens.length ?? 0)),
            streams: rows.map((i) => requests[i]?.stream ?? i),
          }),
          TE.map((rest) =>
            bridged.rows.map((row, i) =>
              joined(draft.tokenizer, generation, row, rest.get(i), row.state === 'stop' ? 'stop' : 'length'),
            ),
          ),
        ),
      ),
    )
  }

const asSession = (draft: Steps, bridgeTokens: number, session: MixedSession): DecodingSession => {
  const wrap = (next: MixedSession): DecodingSession => asSession(draft, bridgeTokens, next)
  return {
    tokens: session.tokens,
    promptLengths: session.promptLengths,
    logProbs: session.logProbs,
    edit: (edits) => pipe(session.edit(edits), TE.map(wrap)),
    select: (rows) => pipe(session.select(rows), TE.map(wrap)),
    complete: (generation, rows) => completeMixed(draft, bridgeTokens)(session, generation, rows),
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
  readonly onDispose?: () => void
}

/** Requests with the random stream that each has by its place, so that they can be answered in batches. */
export const streamed = (requests: ReadonlyArray<GenerationRequest>): ReadonlyArray<GenerationRequest> =>
  requests.map(({ stream, ...request }, place) => ({ ...request, stream: stream ?? place }))

/** The draft with the anchor beside it. Disposing of it disposes of the draft. */
export const mixedModel = (
  draft: CausalLM,
  anchor: Steps,
  mixer: Mixer,
  options: MixedModelOptions,
): CausalLM => ({
  ...draft,
  id: options.id,
  open: (prompts) =>
    pipe(
      openMixed(anchor, mixer)(draft)(prompts),
      TE.map((session) => asSession(draft, mixer.bridgeTokens, session)),
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
