/** Draft and anchor as one `CausalLM` whose completions they write in turns. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  CausalLM,
  GenerationOptions,
  LmError,
  Prompt,
  Steps,
  Tokenizer,
} from '@safe/tensor-core/contracts'
import { disposing } from '../../mixing/bridging'
import { cutAtStop, joined } from '../../mixing/completing'
import { type Completing, completedBy } from '../../mixing/completingSession'
import { streamed } from '../../mixing/mixedModel'
import type { Writer } from './anchorWords'
import { nudgeRows } from './nudgeRows'
import type { NudgedRow } from './row'

/** A model that can write words: one with a tokenizer. */
export interface Speaker<M extends Steps> {
  readonly model: M
  readonly tokenizer: Tokenizer
}

/** What a nudged model works with, beside the draft. */
export interface NudgedModelOptions {
  /** The name of the whole, for stamps. */
  readonly id: string
  readonly anchor: Speaker<Steps>
  readonly threshold: number
  /** Prompts answered at once. */
  readonly batchSize: number
  /** The prompt as the anchor is given it. */
  readonly anchorPrompt: (prompt: Prompt) => TE.TaskEither<LmError, Prompt>
  /** Called with the rows of each batch. */
  readonly onRows: (rows: ReadonlyArray<NudgedRow>) => void
  /** Called by `dispose`, besides the draft's own. */
  readonly onDispose?: (() => void) | undefined
}

/** All tokens that may end what a model writes. */
const writerOf = (
  { model, tokenizer }: Speaker<Steps>,
  { repetitionPenalty }: GenerationOptions,
): Writer => ({
  tokenizer,
  stopTokens: new Set([...model.stopTokens, ...(tokenizer.eos === undefined ? [] : [tokenizer.eos])]),
  repetitionPenalty,
})

/**
 * The draft with the anchor beside it. Completions are nudged, those of sessions too, and carry no log-probabilities; steps and scores
 * are the draft's. Disposing of it disposes of the draft.
 */
export const nudgedModel = (draft: Speaker<CausalLM>, options: NudgedModelOptions): CausalLM => {
  const { anchor, threshold, anchorPrompt } = options
  const { model, tokenizer } = draft
  const completing: Completing =
    (session, prompts) =>
    (generation, requests = []) => {
      const { stop, maxNewTokens } = generation
      return pipe(
        TE.traverseSeqArray(anchorPrompt)(prompts),
        TE.chain(anchor.model.open),
        TE.chain((theirs) =>
          pipe(
            session.select(prompts.map((_, i) => i)),
            TE.tapError(() => TE.fromIO(theirs.dispose)),
            TE.chain((ours) =>
              nudgeRows(ours, theirs, {
                threshold,
                draft: { ...writerOf(draft, generation), stopTokens: model.stopTokens },
                anchor: writerOf(anchor, generation),
                budgets: prompts.map((_, i) => requests[i]?.maxNewTokens ?? maxNewTokens),
                ends: (tokens) =>
                  stop.length > 0 && cutAtStop(tokenizer.decode(tokens, { skipSpecial: true }), stop).stopped,
              }),
            ),
          ),
        ),
        TE.tapIO((rows) => () => options.onRows(rows)),
        TE.map((rows) =>
          rows.map(({ tokens, state }) =>
            joined(
              tokenizer,
              { stop },
              { tokens, steps: [] },
              undefined,
              state === 'stop' ? 'stop' : 'length',
            ),
          ),
        ),
      )
    }
  return {
    ...model,
    id: options.id,
    open: (prompts) =>
      pipe(
        model.open(prompts),
        TE.map((session) => completedBy(completing, session, prompts)),
      ),
    generate: (requests, generation) =>
      pipe(
        RA.chunksOf(options.batchSize)(streamed(requests)),
        TE.traverseSeqArray((batch) => {
          const prompts = batch.map(({ prompt }) => prompt)
          return pipe(
            model.open(prompts),
            TE.chainW((session) => disposing(session, completing(session, prompts)(generation, batch))),
          )
        }),
        TE.map((parts) => parts.flat()),
      ),
    dispose: () => {
      model.dispose()
      options.onDispose?.()
    },
  }
}
