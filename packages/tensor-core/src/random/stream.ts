/**
 * Seeded random streams. A stream is identified by a seed and any number of keys (`stream(42, 'dropout', step)`). Its draws do
 * not depend on other streams, so results do not change with batch size, order of work, or resumption.
 * Generator: xoroshiro128+ of pure-rand.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'

// model ------------------------------------------------------------------------------------------

/** Draws random values; each call advances the stream. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  readonly uniform: () => number
  /** Standard normal (Box-Muller). */
  readonly normal: () => number
  /** Uniform in {0, ..., n - 1}. */
  readonly integer: (n: number) => number
  /** A random permutation of the values (Fisher-Yates); the input is not changed. */
  readonly shuffle: <A>(values: ReadonlyArray<A>) => ReadonlyArray<A>
}

// constructors -----------------------------------------------------------------------------------

/** 32-bit FNV-1a hash of a text, followed by murmur3's finalizer. */
const hash32 = (text: string): number => {
  let h = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf8')) h = Math.imul(h ^ byte, 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

/**
 * The random stream of a seed and keys. The same seed and keys give the same draws on every machine; streams with different keys
 * are independent. Keys are part of the results: renaming one changes what is drawn.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { stream } from '@safe/tensor-core/random'
 *
 * const order = stream(42, 'epoch', 0).shuffle(['a', 'b', 'c', 'd'])
 * assert.deepStrictEqual(stream(42, 'epoch', 0).shuffle(['a', 'b', 'c', 'd']), order)
 * assert.deepStrictEqual([...order].sort(), ['a', 'b', 'c', 'd'])
 * ```
 */
export const stream = (seed: number, ...keys: ReadonlyArray<string | number>): RandomStream => {
  const generator = xoroshiro128plus(hash32(JSON.stringify([seed, ...keys])))
  const uniform = (): number => uniformFloat64(generator)
  const integer = (n: number): number => Math.floor(uniform() * n)
  return {
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => {
      const out = [...values]
      for (let i = out.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const [a, b] = [out[i], out[j]]
        if (a !== undefined && b !== undefined) [out[i], out[j]] = [b, a]
      }
      return out
    },
  }
}
