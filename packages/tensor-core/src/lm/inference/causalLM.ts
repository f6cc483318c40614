/** The in-process decoder as a `CausalLM`: sessions over its cache, generation, scores. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type Completion,
  type DecodingSession,
  type Example,
  type GenerationOptions,
  type InputError,
  type LmError,
  type Prompt,
  type RowEdit,
  type Score,
  type Tokenizer,
  badInput,
  causeLine,
  failure,
  interrupted,
} from '../../contracts'
import type { EncodedRow } from '../decoder/batch'
import type { Adaptation } from '../decoder/linear'
import { type CacheState, disposeCache, emptyCache, growCache, selectCache } from '../decoder/session'
import type { DecoderWeights } from '../decoder/weights'
import { turn } from '../turn'
import { type CompletionContext, completeRows } from './complete'
import { logSoftmax } from './sampling'
import { scoreRows } from './score'

// model ------------------------------------------------------------------------------------------

/** How prompts and examples become tokens for this model. */
export interface RowEncoder {
  readonly prompt: (p: Prompt) => E.Either<InputError, ReadonlyArray<number>>
  readonly example: (e: Example) => E.Either<InputError, EncodedRow>
}

export interface Decoder {
  readonly id: string
  readonly weights: DecoderWeights
  readonly tokenizer: Tokenizer | undefined
  readonly encoder: RowEncoder
  readonly stopTokens: ReadonlySet<number>
  /** Rows decoded or scored at once. */
  readonly batchSize: number
  readonly signal?: AbortSignal
}

const NO_ADAPTATION: Adaptation = { factors: new Map() }

/** Left once a stop was asked for: what was cut short is not handed on as if it were whole. */
const halted =
  (signal: AbortSignal | undefined): TE.TaskEither<LmError, void> =>
  () =>
    Promise.resolve(
      signal?.aborted === true
        ? E.left(interrupted('Interrupted', 'stopped on request'))
        : E.right(undefined),
    )

// attempts ---------------------------------------------------------------------------------------

const attempt = <A>(work: () => Promise<A> | A): TE.TaskEither<LmError, A> =>
  TE.tryCatch(
    () => turn().then(work),
    (cause) => failure('ModelFailed', causeLine(cause)),
  )

/** Token ids must be rows of the embedding, and a row must hold at least one. */
const checkTokens = (
  vocab: number,
  tokens: ReadonlyArray<number>,
): E.Either<LmError, ReadonlyArray<number>> => {
  const bad = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab)
  return bad !== undefined
    ? E.left(
        badInput('BadRow', `holds the token ${bad}, the model's vocabulary has ${vocab}`, {
          remedy: 'check the tokenizer against the model',
        }),
      )
    : tokens.length === 0
      ? E.left(
          badInput('BadRow', 'holds a prompt without tokens', {
            remedy: 'give each prompt at least one token',
          }),
        )
      : E.right(tokens)
}

// sessions ---------------------------------------------------------------------------------------

const session = (
  decoder: Decoder,
  context: CompletionContext,
  cache: CacheState,
  tokens: ReadonlyArray<ReadonlyArray<number>>,
  promptLengths: ReadonlyArray<number>,
): DecodingSession => ({
  tokens,
  promptLengths,
  logProbs: attempt(async () => {
    const { logits } = cache
    if (logits === undefined) return []
    const all = await logits.data()
    const vocab = decoder.weights.config.vocabSize
    return tokens.map((_, i) => logSoftmax(Float32Array.from(all.subarray(i * vocab, (i + 1) * vocab))))
  }),
  edit: (edits) =>
    pipe(
      TE.fromEither(checkEdits(decoder, tokens, edits)),
      TE.chain((checked) =>
        attempt(() => {
          const grown = growCache(decoder.weights, NO_ADAPTATION, cache, checked)
          const rows = tokens.map((row, i) => [
            ...row.slice(0, checked[i]?.keep),
            ...(checked[i]?.tokens ?? []),
          ])
          return session(decoder, context, grown, rows, promptLengths)
        }),
      ),
    ),
  select: (rows) =>
    rows.some((n) => tokens[n] === undefined)
      ? TE.left(
          badInput('BadOption', `selects a row that the session of ${tokens.length} rows does not have`),
        )
      : attempt(() =>
          session(
            decoder,
            context,
            selectCache(cache, rows),
            rows.map((n) => tokens[n] ?? []),
            rows.map((n) => promptLengths[n] ?? 0),
          ),
        ),
  complete: (options) =>
    pipe(
      attempt(() => completeRows(context, cache, tokens, options)),
      TE.chainFirst(() => halted(decoder.signal)),
    ),
  dispose: () => disposeCache(cache),
})

/** A row that loses tokens and gains none must read its last one again: its logits are not kept. */
const checkEdits = (
  decoder: Decoder,
  tokens: ReadonlyArray<ReadonlyArray<number>>,
  edits: ReadonlyArray<RowEdit>,
): E.Either<LmError, ReadonlyArray<RowEdit>> =>
  edits.length !== tokens.length
    ? E.left(badInput('BadOption', `edits ${edits.length} rows, the session has ${tokens.length}`))
    : pipe(
        edits,
        E.traverseArrayWithIndex((n, { keep, tokens: added }) => {
          const row = tokens[n] ?? []
          const kept = Math.max(0, Math.min(keep, row.length))
          if (added.length === 0 && kept === row.length) return E.right({ keep: kept, tokens: [] })
          const reread = added.length === 0 ? row.slice(Math.max(0, kept - 1), kept) : added
          return pipe(
            checkTokens(decoder.weights.config.vocabSize, reread),
            E.map((checked) => ({ keep: reread === added ? kept : kept - 1, tokens: checked })),
          )
        }),
      )

// constructor ------------------------------------------------------------------------------------

/** Batches of similar length; results in the order of the input. */
const inBatches = <A, B>(
  items: ReadonlyArray<A>,
  lengthOf: (a: A) => number,
  size: number,
  work: (batch: ReadonlyArray<A>, at: ReadonlyArray<number>) => TE.TaskEither<LmError, ReadonlyArray<B>>,
): TE.TaskEither<LmError, ReadonlyArray<B>> => {
  const order = items.map((a, i) => ({ i, n: lengthOf(a) })).sort((x, y) => x.n - y.n || x.i - y.i)
  const batches = Array.from({ length: Math.ceil(order.length / size) }, (_, b) =>
    order.slice(b * size, (b + 1) * size).map(({ i }) => i),
  )
  return pipe(
    batches,
    TE.traverseSeqArray((at) =>
      pipe(
        work(
          at.flatMap((i) => {
            const a = items[i]
            return a === undefined ? [] : [a]
          }),
          at,
        ),
        TE.map((results) => at.map((i, k) => [i, results[k]] as const)),
      ),
    ),
    TE.map((parts) => {
      const byIndex = new Map(parts.flat())
      return items.flatMap((_, i) => {
        const b = byIndex.get(i)
        return b === undefined ? [] : [b]
      })
    }),
  )
}

const chosenOptions = (o: GenerationOptions, at: ReadonlyArray<number>): GenerationOptions => ({
  ...o,
  maxNewTokens:
    typeof o.maxNewTokens === 'number'
      ? o.maxNewTokens
      : at.map((i) => (typeof o.maxNewTokens === 'number' ? 0 : (o.maxNewTokens[i] ?? 0))),
  streams: at.map((i) => o.streams?.[i] ?? i),
})

/** Takes over the decoder's weights: `dispose` frees them. */
export const causalLM = (decoder: Decoder): CausalLM => {
  const { weights, tokenizer, encoder, batchSize, signal } = decoder
  const vocab = weights.config.vocabSize
  const context: CompletionContext = {
    weights,
    adaptation: NO_ADAPTATION,
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
      const start = emptyCache(rows.length)
      const cache = growCache(
        weights,
        NO_ADAPTATION,
        start,
        rows.map((tokens) => ({ keep: 0, tokens })),
      )
      return session(
        decoder,
        context,
        cache,
        rows,
        rows.map((r) => r.length),
      )
    })
  return {
    specificationVersion: 1,
    id: decoder.id,
    tokenizer,
    vocabSize: vocab,
    stopTokens: decoder.stopTokens,
    encodePrompt,
    open: (prompts) => pipe(prompts, TE.traverseArray(encodePrompt), TE.chain(openTokens)),
    generate: (prompts, options) =>
      pipe(
        prompts,
        TE.traverseArray(encodePrompt),
        TE.chain((rows) =>
          inBatches<ReadonlyArray<number>, Completion>(
            rows,
            (r) => r.length,
            batchSize,
            (batch, at) =>
              pipe(
                halted(signal),
                TE.chain(() =>
                  TE.bracket(
                    openTokens(batch),
                    (s) => s.complete(chosenOptions(options, at)),
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
          inBatches<{ readonly id: string; readonly row: EncodedRow }, Score>(
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
                      NO_ADAPTATION,
                      batch.map((b) => b.row),
                    ),
                  ),
                ),
                TE.map((scores) => scores.map((s, i) => ({ id: batch[i]?.id ?? '', ...s }))),
              ),
          ),
        ),
      ),
    dispose: () => weights.dispose(),
  }
}
