/** Mutations that do not depend on the format: bits, lengths, pieces removed, doubled, moved. */
import type { Random } from './random'

/** Lengths and counts that programs often handle wrongly, as bytes in a file. */
const extremes: ReadonlyArray<bigint> = [
  0n,
  1n,
  7n,
  8n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x1fffffffffffffn,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  100_000_000n,
  100_000_001n,
]

const tricky = [
  '\0',
  '\ufeff',
  '\u2028',
  '\r',
  '\n',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\u202e',
  '🙂',
  '\ud800',
  '\t',
  ' ',
  '-',
  '0',
  'e',
  '.',
]

const writeExtreme = (bytes: Buffer, random: Random): Buffer => {
  const out = Buffer.from(bytes)
  const width = random.pick([1, 2, 4, 8])
  if (out.length < width) return out
  // lengths are mostly at the start or at the end
  const at = random.chance(0.3)
    ? 0
    : random.chance(0.2)
      ? out.length - width
      : random.below(out.length - width + 1)
  let value = random.pick(extremes)
  for (let i = 0; i < width; i++, value >>= 8n) out[at + i] = Number(value & 0xffn)
  return out
}

const one = (bytes: Buffer, random: Random): Buffer => {
  const length = bytes.length
  const at = length === 0 ? 0 : random.below(length)
  const near = Math.min(length, at + 1 + random.below(random.chance(0.8) ? 16 : length + 1))
  switch (random.below(10)) {
    case 0:
    case 1: {
      const out = Buffer.from(bytes)
      if (length > 0) out[at] = (out[at] ?? 0) ^ (1 << random.below(8))
      return out
    }
    case 2: {
      const out = Buffer.from(bytes)
      if (length > 0) out[at] = random.below(256)
      return out
    }
    case 3:
      return bytes.subarray(0, at)
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(near)])
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(Array.from({ length: 1 + random.below(12) }, () => random.below(256))),
        bytes.subarray(at),
      ])
    case 6: {
      const to = random.below(length + 1)
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, near), bytes.subarray(to)])
    }
    case 7:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(tricky)), bytes.subarray(at)])
    case 8:
      return writeExtreme(bytes, random)
    default: {
      const out = Buffer.from(bytes)
      out.fill(random.pick([0, 255, 0x80, 0x20, 0x22]), at, near)
      return out
    }
  }
}

export const mutateBytes = (bytes: Uint8Array, random: Random): Buffer => {
  let out: Buffer = Buffer.from(bytes)
  for (let n = 1 + random.below(random.chance(0.7) ? 1 : 6); n > 0; n--) out = one(out, random)
  return out
}
