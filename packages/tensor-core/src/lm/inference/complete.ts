/** Generation from a grown cache: one token per row and step; rows that have ended leave the batch. */
import type { Completion, GenerationOptions, RowRequest, TokenLogProb } from '../../contracts'
import { largestLogits, tf } from '../../engine'
import { type RandomStream, stream } from '../../random'
import type { Adaptation } from '../decoder/linear'
import { type CacheState, cacheLengths, disposeCache, growCache, selectCache } from '../decoder/cache'
import type { DecoderWeights } from '../decoder/weights'
import { turn } from '../turn'
import { chooseToken, isPlainGreedy, logSoftmax, topLogProbs } from './sampling'

// model ------------------------------------------------------------------------------------------

export interface CompletionContext {
  readonly weights: DecoderWeights
  readonly adaptation: Adaptation
  readonly stopTokens: ReadonlySet<number>
  readonly decode: (ids: ReadonlyArray<number>) => string
  readonly signal?: AbortSignal
}

/** A row that is being completed. */
interface Row {
  readonly history: ReadonlyArray<number>
  readonly limit: number
  readonly draws: RandomStream
  readonly tokens: number[]
  readonly logProbs: Array<{ readonly chosen: TokenLogProb; readonly top: ReadonlyArray<TokenLogProb> }>
  finish: 'stop' | 'length' | undefined
}

/** Ended rows are dropped once they are this share of the batch: dropping copies the cache. */
const DROP_SHARE = 0.125

// steps ------------------------------------------------------------------------------------------

/** The next token of each row of the cache; -1 for rows that have ended. */
const choose = async (
  logits: tf.Tensor,
  rows: ReadonlyArray<Row>,
  o: GenerationOptions,
): Promise<ReadonlyArray<number>> => {
  if (isPlainGreedy(o) && o.logProbs === undefined) {
    const best = largestLogits(logits)
    const ids = await best.data()
    best.dispose()
    return rows.map((r, i) => (r.finish === undefined ? (ids[i] ?? 0) : -1))
  }
  const vocab = logits.shape[1] ?? 0
  const all = await logits.data<'float32'>()
  return rows.map((r, i) => {
    if (r.finish !== undefined) return -1
    const own = all.subarray(i * vocab, (i + 1) * vocab)
    const id = chooseToken(own, [...r.history, ...r.tokens], o, r.draws)
    if (o.logProbs !== undefined) {
      const logProbs = logSoftmax(own)
      r.logProbs.push({
        chosen: { id, logProb: logProbs[id] ?? -Infinity },
        top: topLogProbs(logProbs, o.logProbs),
      })
    }
    return id
  })
}

/** Where the first stop string begins, or -1. */
const stopAt = (text: string, stop: ReadonlyArray<string>): number =>
  stop.reduce((first, s) => {
    const at = s === '' ? -1 : text.indexOf(s)
    return at === -1 ? first : first === -1 ? at : Math.min(first, at)
  }, -1)

const advance = (row: Row, id: number, context: CompletionContext, stop: ReadonlyArray<string>): void => {
  if (context.stopTokens.has(id)) {
    row.finish = 'stop'
    row.logProbs.length = Math.min(row.logProbs.length, row.tokens.length)
    return
  }
  row.tokens.push(id)
  if (stop.length > 0 && stopAt(context.decode(row.tokens), stop) !== -1) row.finish = 'stop'
  else if (row.tokens.length >= row.limit) row.finish = 'length'
}

const finished = (row: Row, context: CompletionContext, o: GenerationOptions): Completion => {
  const text = context.decode(row.tokens)
  const cut = stopAt(text, o.stop)
  return {
    tokens: row.tokens,
    text: cut === -1 ? text : text.slice(0, cut),
    finishReason: row.finish === 'stop' ? 'stop' : 'length',
    ...(o.logProbs === undefined ? {} : { logProbs: row.logProbs }),
  }
}

// generation -------------------------------------------------------------------------------------

/** Weights or activations that are not numbers would decode to the first id without an error: the first logits are checked. */
const checkNumbers = async (logits: tf.Tensor | undefined): Promise<void> => {
  if (logits === undefined) return
  const sum = tf.sum(logits)
  const [value] = await sum.data()
  sum.dispose()
  if (Number.isNaN(value)) throw new Error('the model gives logits that are not numbers; check its weights')
}

/** Rows of tokens, with what the decoder has computed for them. */
export interface CachedRows {
  /** The cache of all rows. */
  readonly cache: CacheState
  /** The tokens each row of the cache holds. */
  readonly tokens: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * Completions of rows from where they stand; their cache is left as it is.
 *
 * @param requests limits and random streams of the rows, in their order
 */
export const completeRows = async (
  context: CompletionContext,
  { cache: start, tokens: histories }: CachedRows,
  o: GenerationOptions,
  requests: ReadonlyArray<RowRequest> = [],
): Promise<ReadonlyArray<Completion>> => {
  const rows = histories.map((history, i): Row => {
    const limit = requests[i]?.maxNewTokens ?? o.maxNewTokens
    return {
      history,
      limit,
      draws: stream(o.seed, 'sample', requests[i]?.stream ?? i),
      tokens: [],
      logProbs: [],
      finish: limit <= 0 ? 'length' : undefined,
    }
  })
  let active: ReadonlyArray<Row> = rows
  let cache = start
  const replace = (next: CacheState): void => {
    if (cache !== start) disposeCache(cache)
    cache = next
  }
  await checkNumbers(cache.logits)
  try {
    while (active.some((r) => r.finish === undefined) && cache.logits !== undefined) {
      await turn()
      if (context.signal?.aborted === true) break
      const ids = await choose(cache.logits, active, o)
      active.forEach((r, i) => {
        const id = ids[i] ?? -1
        if (id >= 0) advance(r, id, context, o.stop)
      })
      const going = active.flatMap((r, i) => (r.finish === undefined ? [i] : []))
      if (going.length === 0) break
      const kept =
        active.length - going.length >= active.length * DROP_SHARE && going.length < active.length
          ? going
          : undefined
      if (kept !== undefined) {
        replace(selectCache(cache, kept))
        active = kept.flatMap((i) => active[i] ?? [])
      }
      const lengths = cacheLengths(cache)
      replace(
        growCache(
          context.weights,
          context.adaptation,
          cache,
          active.map((r, i) => ({
            keep: lengths[i] ?? 0,
            tokens: r.finish === undefined ? r.tokens.slice(-1) : [],
          })),
        ),
      )
    }
  } finally {
    if (cache !== start) disposeCache(cache)
  }
  return rows.map((r) => finished(r, context, o))
}
