/** The in-process decoder as a `CausalLM`: sessions over its cache, generation, scores. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Batches,
  type CausalLM,
  type DecodingSession,
  type LmError,
  type Prompt,
  modelVersion,
} from '../../contracts'
import { inBatches } from './batches'
import { batching } from './batching'
import type { CompletionContext } from './complete'
import { type Decoder, attempt, checkTokens, halted } from './decoder'
import { disposeAdaptation } from './adapter'
import { cachePrompts } from './prompts'
import { scoreRows } from './score'
import { session } from './session'

/** The decoder in this process: all capabilities, and batches that can be regrouped while they run. */
export interface LocalLM extends CausalLM, Batches {}

/** Takes over the decoder's weights and adapter: `dispose` frees them. */
export const causalLM = (decoder: Decoder): LocalLM => {
  const { weights, adaptation, tokenizer, encoder, batchSize, signal } = decoder
  const vocab = weights.config.vocabSize
  const context: CompletionContext = {
    weights,
    adaptation,
    stopTokens: decoder.stopTokens,
    decode: (ids) => tokenizer?.decode(ids, { skipSpecial: true }) ?? '',
    ...(signal === undefined ? {} : { signal }),
  }
  const encodePrompt = (prompt: Prompt): TE.TaskEither<LmError, ReadonlyArray<number>> =>
    TE.fromEither(
      pipe(
        encoder.prompt(prompt),
        E.chainW((tokens) => checkTokens(vocab, tokens)),
      ),
    )
  const openTokens = (rows: ReadonlyArray<ReadonlyArray<number>>): TE.TaskEither<LmError, DecodingSession> =>
    attempt(() => {
      const cache = cachePrompts(weights, adaptation, rows)
      return session(decoder, context, { cache, tokens: rows, promptLengths: rows.map((r) => r.length) })
    })
  return {
    specificationVersion: modelVersion,
    id: decoder.id,
    tokenizer,
    vocabSize: vocab,
    stopTokens: decoder.stopTokens,
    encodePrompt,
    ...batching(decoder, context),
    open: (prompts) => pipe(prompts, TE.traverseArray(encodePrompt), TE.chain(openTokens)),
    generate: (requests, options) =>
      pipe(
        requests,
        TE.traverseArrayWithIndex((place, { prompt, stream = place, ...row }) =>
          pipe(
            encodePrompt(prompt),
            // Batches mix the rows: each keeps the stream of its place.
            TE.map((tokens) => ({ tokens, row: { ...row, stream } })),
          ),
        ),
        TE.chainW((rows) =>
          inBatches(
            rows,
            ({ tokens }) => tokens.length,
            batchSize,
            (batch) =>
              pipe(
                halted(signal),
                TE.chainW(() =>
                  TE.bracket(
                    openTokens(batch.map(({ tokens }) => tokens)),
                    (s) =>
                      s.complete(
                        options,
                        batch.map(({ row }) => row),
                      ),
                    (s) => TE.fromIO(s.dispose),
                  ),
                ),
              ),
          ),
        ),
      ),
    score: (examples) =>
      pipe(
        examples,
        TE.traverseArray((e) =>
          TE.fromEither(
            pipe(
              encoder.example(e),
              E.chainFirstW((row) => checkTokens(vocab, [...row.promptTokens, ...row.responseTokens])),
              E.map((row) => ({ id: e.id, row })),
            ),
          ),
        ),
        TE.chain((rows) =>
          inBatches(
            rows,
            ({ row }) => row.promptTokens.length + row.responseTokens.length,
            batchSize,
            (batch) =>
              pipe(
                halted(signal),
                TE.chain(() =>
                  attempt(() =>
                    scoreRows(
                      weights,
                      adaptation,
                      batch.map((b) => b.row),
                    ),
                  ),
                ),
                TE.map((scores) => scores.map((s, i) => ({ id: batch[i]?.id ?? '', ...s }))),
              ),
          ),
        ),
      ),
    dispose: () => {
      weights.dispose()
      disposeAdaptation(adaptation)
    },
  }
}
