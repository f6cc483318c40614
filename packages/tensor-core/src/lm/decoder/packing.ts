/**
 * Rows of unequal length without their padding: everything but attention works on single positions, so padding is left out there and
 * put back only around attention, where nothing sees it.
 */
import { tf } from '../../engine'

// model ------------------------------------------------------------------------------------------

/** Which positions of a padded batch hold a token. */
export interface Packed {
  /** Flat places (row * length + position) of the tokens, ascending. */
  readonly places: Int32Array
  /** For each flat place the number of its token among all tokens; 0 for padding, whose value is never seen. */
  readonly source: Int32Array
}

/** The same on the device. */
export interface Packing {
  readonly places: tf.Tensor
  readonly source: tf.Tensor
}

/** Share of padding from which leaving it out is worth two more copies per layer. */
const WORTH = 0.04

// constructors -----------------------------------------------------------------------------------

/**
 * The packing of rows of a padded batch; undefined where there is too little padding.
 *
 * @param spans per row, the first position that holds a token, and how many do
 */
export const packed = (
  spans: ReadonlyArray<{ readonly first: number; readonly count: number }>,
  length: number,
): Packed | undefined => {
  const total = spans.reduce((n, { count }) => n + count, 0)
  const all = spans.length * length
  if (total === 0 || total > all * (1 - WORTH)) return undefined
  const [places, source] = [new Int32Array(total), new Int32Array(all)]
  let at = 0
  spans.forEach(({ first, count }, n) => {
    for (let t = first; t < first + count; t++) {
      const place = n * length + t
      places[at] = place
      source[place] = at
      at += 1
    }
  })
  return { places, source }
}

/** On the device; the caller's `tf.tidy` frees it. */
export const packingOf = ({ places, source }: Packed): Packing => ({
  places: tf.tensor1d(places, 'int32'),
  source: tf.tensor1d(source, 'int32'),
})

/** Tokens without padding. */
export const packedTokens = ({ places }: Packed, tokens: Int32Array): Int32Array =>
  places.map((place) => tokens[place] ?? 0)

/** Flat places in the padded batch as numbers among its tokens. */
export const packedPlaces = (p: Packed | undefined, places: Int32Array): Int32Array =>
  p === undefined ? places : places.map((place) => p.source[place] ?? 0)
