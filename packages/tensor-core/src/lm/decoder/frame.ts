/**
 * The positions of a batch: rotary tables and attention masks, once for layers with full attention, once for those with a
 * sliding window, and once for those that are not rotated.
 */
import type { ModelConfig, Rope } from '../../formats'
import { tf } from '../../engine'
import { MASKED, type ScoreRule, causalMask, scoreRule } from './attention'
import type { TokenBatch } from './batch'
import type { Adaptation } from './linear'
import type { Packing } from './packing'
import { type RotaryTables, identityTables, rotaryOf } from './rotary'

// model ------------------------------------------------------------------------------------------

/** Full causal attention, a sliding window, or full attention without a rotary embedding. */
export type AttentionKind = 'full' | 'sliding' | 'unrotated'

/** What a layer needs to know about the positions of its batch. */
export interface Positions {
  readonly rotary: RotaryTables
  /** Additive, [1 or rows, 1, length, keys]. */
  readonly mask: tf.Tensor
  /** Present where the positions are whole rows from their start: each sees as many positions as this, itself included. */
  readonly sees?: number
}

/** Shared by all layers of one pass; a kind that the model has no layers of is `full` itself. */
export interface Frame extends Readonly<Record<AttentionKind, Positions>> {
  readonly config: ModelConfig
  readonly scores: ScoreRule
  readonly rows: number
  readonly length: number
  readonly adaptation: Adaptation
  /** Where the states leave padding out; absent: they have rows * length positions. */
  readonly packing?: Packing
}

export const attentionKind = ({ sliding, unrotated }: ModelConfig, layer: number): AttentionKind =>
  unrotated?.[layer] === true ? 'unrotated' : sliding?.layers[layer] === true ? 'sliding' : 'full'

// masks ------------------------------------------------------------------------------------------

/** [1, 1, length, length]: each position sees itself and the `window - 1` before it. */
const windowMask = (length: number, window: number): tf.Tensor => {
  const values = new Float32Array(length * length).fill(MASKED)
  for (let i = 0; i < length; i++)
    values.fill(0, i * length + Math.max(0, i - window + 1), i * length + i + 1)
  return tf.tensor4d(values, [1, 1, length, length])
}

/**
 * [rows, 1, chunk, slots] additive, for the newest `chunk` slots of a cache: a slot is seen where it holds a token, does not come
 * later, and is fewer than `window` tokens away.
 */
const chunkMask = (
  slots: ReadonlyArray<Uint8Array>,
  chunk: number,
  window: number = Number.POSITIVE_INFINITY,
): tf.Tensor => {
  const total = slots[0]?.length ?? 0
  const before = total - chunk
  const values = new Float32Array(slots.length * chunk * total)
  slots.forEach((row, n) => {
    // Tokens in the row up to each slot: empty slots do not count as distance.
    let count = 0
    const ordinal = Int32Array.from(row, (held) => (count += held))
    for (let t = 0; t < chunk; t++) {
      const at = (n * chunk + t) * total
      const oldest = (ordinal[before + t] ?? 0) - window
      for (let s = 0; s < total; s++)
        values[at + s] = row[s] === 1 && s <= before + t && (ordinal[s] ?? 0) > oldest ? 0 : MASKED
    }
  })
  return tf.tensor4d(values, [slots.length, 1, chunk, total])
}

// constructors -----------------------------------------------------------------------------------

/** How tables and masks of one batch are made. */
interface PositionTables {
  readonly rotary: (rope: Rope) => RotaryTables
  /** The mask of full attention. */
  readonly everything: tf.Tensor
  readonly within: (window: number) => tf.Tensor
  /** Positions of a row in this pass. */
  readonly length: number
  /** Tokens of the longest row: a window that is not shorter is full attention. */
  readonly longest: number
  /** Whether the positions are whole rows from their start. */
  readonly whole: boolean
}

const positionsOf = (
  { headDim, rope, sliding, unrotated }: ModelConfig,
  { rotary, everything, within, length, longest, whole }: PositionTables,
): Readonly<Record<AttentionKind, Positions>> => {
  const sees = (positions: number): Pick<Positions, 'sees'> => (whole ? { sees: positions } : {})
  const full = { rotary: rotary(rope), mask: everything, ...sees(longest) }
  return {
    full,
    sliding:
      sliding === undefined
        ? full
        : {
            rotary: sliding.rope === rope ? full.rotary : rotary(sliding.rope),
            mask: sliding.window >= longest ? everything : within(sliding.window),
            ...sees(Math.min(sliding.window, longest)),
          },
    unrotated: unrotated === undefined ? full : { ...full, rotary: identityTables(headDim, length) },
  }
}

/** A batch padded on the right: every row starts at position 0. The caller's `tf.tidy` frees its tensors. */
export const batchFrame = (config: ModelConfig, batch: TokenBatch, adaptation: Adaptation): Frame => {
  const positions = Array.from({ length: batch.length }, (_, t) => t)
  return {
    config,
    scores: scoreRule(config),
    rows: batch.rows,
    length: batch.length,
    adaptation,
    ...positionsOf(config, {
      rotary: (rope) => rotaryOf(rope, config.headDim, [positions], [...batch.lengths]),
      everything: causalMask(batch.length),
      within: (window) => windowMask(batch.length, window),
      length: batch.length,
      longest: batch.length,
      whole: true,
    }),
  }
}

/**
 * The newest `chunk` slots of a cache.
 *
 * @param slots per row, whether each slot holds a token, the new ones included
 * @param positions per row, those of the new slots
 */
export const chunkFrame = (
  config: ModelConfig,
  slots: ReadonlyArray<Uint8Array>,
  positions: ReadonlyArray<Int32Array>,
  adaptation: Adaptation,
): Frame => {
  const chunk = positions[0]?.length ?? 0
  const lengths = positions.map((row) => (row.at(-1) ?? 0) + 1)
  return {
    config,
    scores: scoreRule(config),
    rows: slots.length,
    length: chunk,
    adaptation,
    ...positionsOf(config, {
      rotary: (rope) => rotaryOf(rope, config.headDim, positions, lengths),
      everything: chunkMask(slots, chunk),
      within: (window) => chunkMask(slots, chunk, window),
      length: chunk,
      longest: Math.max(...lengths),
      whole: false,
    }),
  }
}
