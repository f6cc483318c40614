/**
 * Which layers have a sliding window. Configurations say so in several ways: a window for all layers (mistral),
 * `use_sliding_window` with `max_window_layers` (qwen), `sliding_window_pattern` (gemma), and `layer_types` (transformers 5).
 */
import * as E from 'fp-ts/Either'
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { Rope, SlidingAttention } from './config'
import type { Family } from './families'

// model ------------------------------------------------------------------------------------------

/** The fields that decide it. */
export interface SlidingFields {
  readonly num_hidden_layers: number
  readonly sliding_window?: number | null | undefined
  readonly use_sliding_window?: boolean | null | undefined
  readonly max_window_layers?: number | null | undefined
  readonly sliding_window_pattern?: number | null | undefined
  readonly layer_types?: ReadonlyArray<string> | null | undefined
}

/** Transformers' defaults: the first layer with a window in qwen2 and qwen3; every which layer of gemma has none. */
const MAX_WINDOW_LAYERS = 28
const PATTERN = 6

const FULL = 'full_attention'
const SLIDING = 'sliding_attention'

// decoding ---------------------------------------------------------------------------------------

const windowOf = (family: Family, f: SlidingFields): number | undefined =>
  family.sliding === 'never' || (family.sliding === 'upper-layers' && f.use_sliding_window !== true)
    ? undefined
    : f.sliding_window === undefined
      ? family.defaults.window
      : (f.sliding_window ?? undefined)

/** Whether layer i has a window where `layer_types` is not given. */
const ruled =
  (family: Family, f: SlidingFields, window: number | undefined) =>
  (i: number): boolean => {
    switch (family.sliding) {
      case 'never':
        return false
      case 'every-layer':
        return window !== undefined
      case 'upper-layers':
        return window !== undefined && i >= (f.max_window_layers ?? MAX_WINDOW_LAYERS)
      case 'pattern':
        return (i + 1) % (f.sliding_window_pattern ?? PATTERN) !== 0
      case 'alternating':
        return i % 2 === 0
    }
  }

const typesProblem = (family: Family, f: SlidingFields, window: number | undefined): string | undefined => {
  const types = f.layer_types
  if (types === null || types === undefined) return undefined
  if (types.length !== f.num_hidden_layers)
    return `layer_types names ${types.length} layers, num_hidden_layers is ${f.num_hidden_layers}`
  const alike = ruled(family, f, window)
  const bad = types.find(
    (type, i) =>
      (type !== FULL && type !== SLIDING) ||
      // these families ignore layer_types, so it must agree with what they do
      ((family.sliding === 'never' || family.sliding === 'every-layer') && (type === SLIDING) !== alike(i)),
  )
  return bad === undefined ? undefined : `layer_types with ${shownValue(bad)} is not supported`
}

/** @param rope the rotary embedding of layers with a window @returns right undefined where every layer has full attention */
export const slidingLayers = (
  family: Family,
  f: SlidingFields,
  rope: Rope,
  where: string,
): E.Either<FormatError, SlidingAttention | undefined> => {
  const window = windowOf(family, f)
  const problem = typesProblem(family, f, window)
  if (problem !== undefined) return E.left(unsupported(where, problem))
  const alike = ruled(family, f, window)
  const layers = f.layer_types
    ? f.layer_types.map((type) => type === SLIDING)
    : Array.from({ length: f.num_hidden_layers }, (_, i) => alike(i))
  return !layers.includes(true)
    ? E.right(undefined)
    : window === undefined
      ? E.left(
          unsupported(
            where,
            `${SLIDING} layers without a sliding_window are not supported`,
            family.sliding === 'upper-layers'
              ? 'set use_sliding_window and sliding_window'
              : 'set sliding_window',
          ),
        )
      : E.right({ window, layers, rope })
}
