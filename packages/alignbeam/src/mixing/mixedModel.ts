/**
 * Draft and anchor as one `CausalLM`: `generate` decodes by beams, a session's distributions are mixed for the first N tokens
 * and the draft's own afterwards, scores are the draft's. So a decoding defence composes with any other.
 */
import type {
  CausalLM,
  Completion,
  DecodingSession,
  Fault,
  GenerationOptions,
  LmError,
  Prompt,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { bridgeRows } from './bridging'
import { completeBridged, joined } from './completing'
import { asLmError } from '../errors'
import { type MixedSession, type Mixer, openMixed } from './mixedSession'

/** Completes a mixed session: what is left of the bridge greedily, then the draft by the caller's options. */
const completeMixed =
  (draft: CausalLM, bridgeTokens: number) =>
  (
    session: MixedSession,
    generation: GenerationOptions,
  ): TE.TaskEither<LmError, ReadonlyArray<Completion>> => {
    const rows = session.tokens.map((_, i) => i)
    const budgets = rows.map((i) =>
      typeof generation.maxNewTokens === 'number'
        ? generation.maxNewTokens
        : (generation.maxNewTokens[i] ?? 0),
    )
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
      TE.chain((bridged) =>
        pipe(
          completeBridged(bridged, {
            generation,
            budgets: budgets.map((n, i) => n - (bridged.rows[i]?.tokens.length ?? 0)),
            streams: rows.map((i) => generation.streams?.[i] ?? i),
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

const asSession = (draft: CausalLM, bridgeTokens: number, session: MixedSession): DecodingSession => {
  const wrap = (next: MixedSession): DecodingSession => asSession(draft, bridgeTokens, next)
  return {
    tokens: session.tokens,
    promptLengths: session.promptLengths,
    logProbs: session.logProbs,
    edit: (edits) => pipe(session.edit(edits), TE.map(wrap)),
    select: (rows) => pipe(session.select(rows), TE.map(wrap)),
    complete: (generation) => completeMixed(draft, bridgeTokens)(session, generation),
    dispose: session.dispose,
  }
}

export interface MixedModelOptions {
  /** The name of the whole, for stamps. */
  readonly id: string
  /** Prompts answered at once. */
  readonly batchSize: number
  /** How one batch is answered; failures of judges come as any fault. */
  readonly answer: (
    prompts: ReadonlyArray<Prompt>,
    generation: GenerationOptions,
  ) => TE.TaskEither<Fault, ReadonlyArray<Completion>>
  /** Called by `dispose`, besides the draft's own. */
  readonly onDispose?: () => void
}

/** Generation options of the rows from `from` to `to`: each row keeps its budget and its random stream. */
export const rowsOf = (generation: GenerationOptions, from: number, to: number): GenerationOptions => ({
  ...generation,
  maxNewTokens:
    typeof generation.maxNewTokens === 'number'
      ? generation.maxNewTokens
      : generation.maxNewTokens.slice(from, to),
  streams: Array.from({ length: to - from }, (_, i) => generation.streams?.[from + i] ?? from + i),
})

/** The draft with the anchor beside it. Disposing of it disposes of the draft. */
export const mixedModel = (
  draft: CausalLM,
  anchor: CausalLM,
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
  generate: (prompts, generation) =>
    pipe(
      Array.from({ length: Math.ceil(prompts.length / options.batchSize) }, (_, b) => b * options.batchSize),
      TE.traverseSeqArray((from) => {
        const to = Math.min(prompts.length, from + options.batchSize)
        return pipe(
          options.answer(prompts.slice(from, to), rowsOf(generation, from, to)),
          TE.mapLeft(asLmError),
        )
      }),
      TE.map((parts) => parts.flat()),
    ),
  dispose: () => {
    draft.dispose()
    options.onDispose?.()
  },
})
