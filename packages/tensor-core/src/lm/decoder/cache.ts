/**
 * Keys and values of rows of unequal length, grown by chunks. A chunk is padded on the left, so its last slot is each row's
 * newest token; a slot that holds no token is never attended to. States are values: growing gives a new one.
 */
import { rmsNorm, tf } from '../../engine'
import { embed } from './embedding'
import { chunkFrame } from './frame'
import {
  type KeyValues,
  LONGEST,
  cloneKeyValues,
  countingSlots,
  disposeKeyValues,
  keyValues,
} from './keyValues'
import { layerStep } from './layerForward'
import type { Adaptation } from './linear'
import { logitsOf } from './logits'
import { packed, packedPlaces, packedTokens, packingOf } from './packing'
import type { DecoderWeights } from './weights'

// model ------------------------------------------------------------------------------------------

export interface CacheState {
  /** Per row, 1 for each slot that holds one of its tokens. */
  readonly slots: ReadonlyArray<Uint8Array>
  /** Per layer; empty before the first token. */
  readonly layers: ReadonlyArray<KeyValues>
  /** [rows, vocab] logits of the next token, undefined before the first token. */
  readonly logits: tf.Tensor | undefined
}

export const emptyCache = (rows: number): CacheState => ({
  slots: Array.from({ length: rows }, () => new Uint8Array(0)),
  layers: [],
  logits: undefined,
})

export const disposeCache = (state: CacheState): void => {
  state.layers.forEach(disposeKeyValues)
  state.logits?.dispose()
}

const paired = (keys: ReadonlyArray<tf.Tensor>, values: ReadonlyArray<tf.Tensor>): ReadonlyArray<KeyValues> =>
  keys.flatMap((k, i) => {
    const v = values[i]
    return v === undefined ? [] : [keyValues(k, v)]
  })

const held = (slots: Uint8Array): number => slots.reduce((a, b) => a + b, 0)

/** Keeps the first `keep` tokens of each row. */
const cut = (slots: Uint8Array, keep: number): Uint8Array => {
  let seen = 0
  return slots.map((s) => (s === 1 && seen++ < keep ? 1 : 0))
}

// combinators ------------------------------------------------------------------------------------

/**
 * Cuts each row to `keep` tokens and appends its new ones. A row without new tokens must keep all it has: its logits stay.
 */
export const growCache = (
  weights: DecoderWeights,
  adaptation: Adaptation,
  state: CacheState,
  edits: ReadonlyArray<{ readonly keep: number; readonly tokens: ReadonlyArray<number> }>,
): CacheState => {
  const { config } = weights
  const rows = edits.length
  const chunk = Math.max(0, ...edits.map((e) => e.tokens.length))
  if (chunk === 0)
    return {
      slots: state.slots,
      layers: state.layers.map(cloneKeyValues),
      logits: state.logits === undefined ? undefined : tf.clone(state.logits),
    }
  const tokens = new Int32Array(rows * chunk)
  const positions = edits.map((e, n) => {
    tokens.set(e.tokens, n * chunk + chunk - e.tokens.length)
    return Int32Array.from({ length: chunk }, (_, t) => Math.max(0, e.keep + t - (chunk - e.tokens.length)))
  })
  const slots = edits.map((e, n) => {
    const before = cut(state.slots[n] ?? new Uint8Array(0), e.keep)
    const out = new Uint8Array(before.length + chunk)
    out.set(before)
    out.fill(1, out.length - e.tokens.length)
    return out
  })
  // Short chunks are written in place, padding included.
  const pack =
    chunk > LONGEST
      ? packed(
          edits.map((e) => ({ first: chunk - e.tokens.length, count: e.tokens.length })),
          chunk,
        )
      : undefined
  const newest = packedPlaces(
    pack,
    Int32Array.from({ length: rows }, (_, n) => n * chunk + chunk - 1),
  )
  const layers: KeyValues[] = []
  const logits = tf.tidy(() => {
    const frame = {
      ...chunkFrame(config, slots, positions, adaptation),
      ...(pack === undefined ? {} : { packing: packingOf(pack) }),
    }
    const only = chunk === 1 ? undefined : tf.tensor1d(newest, 'int32')
    const final = weights.layers.length - 1
    const last = weights.layers.reduce<tf.Tensor>(
      (x, w, i) => {
        const { y, seen } = layerStep(w, frame, x, state.layers[i], i === final ? only : undefined)
        x.dispose()
        layers.push({ ...seen, k: tf.keep(seen.k), v: tf.keep(seen.v) })
        return y
      },
      embed(weights, pack === undefined ? tokens : packedTokens(pack, tokens)),
    )
    const fresh = logitsOf(weights.head, rmsNorm(last, weights.norm, config.rmsNormEps).y, config)
    const still = edits.map((e) => e.tokens.length === 0)
    return state.logits === undefined || !still.includes(true)
      ? fresh
      : tf.where(tf.tensor2d(Uint8Array.from(still, Number), [rows, 1], 'bool'), state.logits, fresh)
  })
  return { slots, layers, logits }
}

/** The rows named, in that order. */
export const selectCache = (state: CacheState, rows: ReadonlyArray<number>): CacheState => {
  const kept = rows.map((n) => state.slots[n] ?? new Uint8Array(0))
  // Slots that no remaining row uses are dropped.
  const total = kept[0]?.length ?? 0
  const used = Array.from({ length: total }, (_, s) => s).filter((s) => kept.some((row) => row[s] === 1))
  const shrink = used.length < total
  const out = tf.tidy(() => {
    const index = tf.tensor1d(Int32Array.from(rows), 'int32')
    const kept = shrink ? tf.tensor1d(Int32Array.from(used), 'int32') : undefined
    const pick = (x: tf.Tensor, slots: number): tf.Tensor => {
      const chosen = tf.gather(countingSlots(x, slots), index)
      return kept === undefined ? chosen : tf.gather(chosen, kept, 2)
    }
    return {
      keys: state.layers.map(({ k, slots }) => pick(k, slots)),
      values: state.layers.map(({ v, slots }) => pick(v, slots)),
      logits: state.logits === undefined ? [] : [tf.gather(state.logits, index)],
    }
  })
  return {
    slots: shrink ? kept.map((row) => Uint8Array.from(used, (s) => row[s] ?? 0)) : kept,
    layers: paired(out.keys, out.values),
    logits: out.logits[0],
  }
}

/** The rows of all states, in their order; shorter ones are padded on the left. */
export const joinCaches = (states: ReadonlyArray<CacheState>): CacheState => {
  const slotsOf = ({ slots }: CacheState): number => slots[0]?.length ?? 0
  const total = Math.max(0, ...states.map(slotsOf))
  const depth = Math.max(0, ...states.map(({ layers }) => layers.length))
  const padded = (memory: tf.Tensor, slots: number): tf.Tensor => {
    const counting = countingSlots(memory, slots)
    const [rows = 0, heads = 0, , width = 0] = memory.shape
    return slots === total
      ? counting
      : tf.concat([tf.zeros([rows, heads, total - slots, width]), counting], 2)
  }
  const joined = (side: 'k' | 'v', layer: number): tf.Tensor =>
    tf.concat(
      states.flatMap((state) => {
        const past = state.layers[layer]
        return past === undefined ? [] : [padded(past[side], past.slots)]
      }),
      0,
    )
  const out = tf.tidy(() => ({
    keys: Array.from({ length: depth }, (_, layer) => joined('k', layer)),
    values: Array.from({ length: depth }, (_, layer) => joined('v', layer)),
    logits: [
      tf.concat(
        states.flatMap(({ logits }) => (logits === undefined ? [] : [logits])),
        0,
      ),
    ],
  }))
  return {
    slots: states.flatMap(({ slots }) =>
      slots.map((row) => {
        const wide = new Uint8Array(total)
        wide.set(row, total - row.length)
        return wide
      }),
    ),
    layers: paired(out.keys, out.values),
    logits: out.logits[0],
  }
}

/** Tokens each row holds. */
export const cacheLengths = (state: CacheState): ReadonlyArray<number> => state.slots.map(held)
