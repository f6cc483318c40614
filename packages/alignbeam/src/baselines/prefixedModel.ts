/**
 * The hard-prefix baseline: every completion begins with the same words, the model goes on from there. As crude as it is, it is
 * a strong baseline for refusal, and it refuses everything.
 */
import {
  type CausalLM,
  type DecodingSession,
  type GenerationOptions,
  type LmError,
  type Prompt,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { disposing } from '../mixing/bridging'
import { joined } from '../mixing/completing'

const budgetsOf = (rows: number, { maxNewTokens }: GenerationOptions): ReadonlyArray<number> =>
  Array.from({ length: rows }, (_, i) =>
    typeof maxNewTokens === 'number' ? maxNewTokens : (maxNewTokens[i] ?? 0),
  )

/** Prompts decoded at once. */
const batchSize = 16

/** `model` with every completion opened by `prefix`, whose tokens count among the new ones. */
export const prefixedModel = (model: CausalLM, prefix: string): CausalLM => {
  const opening = model.tokenizer?.encodeInner(prefix) ?? []
  const open = (prompts: ReadonlyArray<Prompt>): TE.TaskEither<LmError, DecodingSession> =>
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
  const generateBatch = (
    prompts: ReadonlyArray<Prompt>,
    options: GenerationOptions,
    budgets: ReadonlyArray<number>,
  ) =>
    pipe(
      open(prompts),
      TE.chain((session) =>
        disposing(
          session,
          session.complete({
            ...options,
            maxNewTokens: budgets.map((n) => Math.max(0, n - opening.length)),
          }),
        ),
      ),
      TE.map((completions) =>
        completions.map((rest, i) =>
          joined(
            model.tokenizer,
            { stop: options.stop },
            { tokens: opening.slice(0, budgets[i] ?? 0), steps: [] },
            rest,
            'length',
          ),
        ),
      ),
    )
  return {
    ...model,
    id: `prefix(${model.id})`,
    open,
    generate: (prompts, options) => {
      const budgets = budgetsOf(prompts.length, options)
      return pipe(
        Array.from({ length: Math.ceil(prompts.length / batchSize) }, (_, b) => b * batchSize),
        TE.traverseSeqArray((from) =>
          generateBatch(
            prompts.slice(from, from + batchSize),
            {
              ...options,
              streams: prompts.map((_, i) => options.streams?.[i] ?? i).slice(from, from + batchSize),
            },
            budgets.slice(from, from + batchSize),
          ),
        ),
        TE.map((parts) => parts.flat()),
      )
    },
  }
}
