/** Prompts into a cache: what all of them begin with is computed once. */
import { type CacheState, disposeCache, emptyCache, growCache, selectCache } from '../decoder/cache'
import type { Adaptation } from '../decoder/linear'
import type { DecoderWeights } from '../decoder/weights'

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** Tokens, over all rows, from which a second pass is worth saving them. */
const WORTH = 64

/** Tokens with which all rows begin, at most all but the last of the shortest: each row needs a token of its own to go on from. */
export const sharedTokens = (rows: Rows): number => {
  const [first = []] = rows
  const shortest = Math.min(...rows.map((row) => row.length))
  const differs = first.findIndex((id, at) => rows.some((row) => row[at] !== id))
  return Math.max(0, Math.min(differs === -1 ? first.length : differs, shortest - 1))
}

/** The cache of rows of prompts; the caller disposes of it. */
export const cachePrompts = (weights: DecoderWeights, adaptation: Adaptation, rows: Rows): CacheState => {
  const shared = sharedTokens(rows)
  const whole = (start: CacheState, keep: number): CacheState =>
    growCache(
      weights,
      adaptation,
      start,
      rows.map((tokens) => ({ keep, tokens: tokens.slice(keep) })),
    )
  if (shared * (rows.length - 1) < WORTH) return whole(emptyCache(rows.length), 0)
  const once = growCache(weights, adaptation, emptyCache(1), [
    { keep: 0, tokens: rows[0]?.slice(0, shared) ?? [] },
  ])
  const copied = selectCache(
    once,
    rows.map(() => 0),
  )
  disposeCache(once)
  try {
    return whole(copied, shared)
  } finally {
    disposeCache(copied)
  }
}
