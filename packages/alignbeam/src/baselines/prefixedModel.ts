/**
 * The hard-prefix baseline: every completion begins with the same words, and the model continues from there. It is a simple
 * and strong baseline for refusal, and it refuses everything.
 */
import {
  type CausalLM,
  type DecodingSession,
  type Generates,
  type GenerationOptions,
  type GenerationRequest,
  type LmError,
  type NextToken,
  type Prompt,
  type Steps,
} from '@safe/tensor-core/contracts'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { disposing } from '../mixing/bridging'
import { joined } from '../mixing/completing'
import { streamed } from '../mixing/mixedModel'

/** Prompts decoded at once. */
const batchSize = 16

/** A model whose completions begin with the same tokens. */
interface Opened<D extends NextToken> extends Pick<Generates, 'generate'> {
  readonly open: (prompts: ReadonlyArray<Prompt>) => TE.TaskEither<LmError, DecodingSession<D>>
}

const opened = <D extends NextToken>(
  model: Pick<Steps<D>, 'tokenizer' | 'open'>,
  prefix: string,
): Opened<D> => {
  const opening = model.tokenizer?.encodeInner(prefix) ?? []
  const open = (prompts: ReadonlyArray<Prompt>): TE.TaskEither<LmError, DecodingSession<D>> =>
    pipe(
      model.open(prompts),
      TE.chain((session) =>
        opening.length === 0
          ? TE.right(session)
          : disposing(
              session,
              session.edit(session.tokens.map((row) => ({ keep: row.length, tokens: opening }))),
            ),
      ),
    )
  const generateBatch = (requests: ReadonlyArray<GenerationRequest>, options: GenerationOptions) => {
    const budgets = requests.map(({ maxNewTokens = options.maxNewTokens }) => maxNewTokens)
    return pipe(
      open(requests.map(({ prompt }) => prompt)),
      TE.chainW((session) =>
        disposing(
          session,
          session.complete(
            options,
            RA.zipWith(requests, budgets, (request, n) => ({
              ...request,
              maxNewTokens: Math.max(0, n - opening.length),
            })),
          ),
        ),
      ),
      TE.map((completions) =>
        RA.zipWith(completions, budgets, (rest, n) =>
          joined(
            model.tokenizer,
            { stop: options.stop },
            { tokens: opening.slice(0, n), steps: [] },
            rest,
            'length',
          ),
        ),
      ),
    )
  }
  return {
    open,
    generate: (requests, options) =>
      pipe(
        RA.chunksOf(batchSize)(streamed(requests)),
        TE.traverseSeqArray((batch) => generateBatch(batch, options)),
        TE.map((parts) => parts.flat()),
      ),
  }
}

/** `model` with every completion opened by `prefix`, whose tokens count among the new ones. */
export const prefixedModel = (model: CausalLM, prefix: string): CausalLM => ({
  ...model,
  id: `prefix(${model.id})`,
  ...opened(model, prefix),
})

/** As `prefixedModel`, for a model that may not score: one behind a URL. */
export const prefixedGenerates = (
  model: Pick<Steps<NextToken>, 'tokenizer' | 'open'>,
  prefix: string,
): Pick<Generates, 'generate'> => opened(model, prefix)
