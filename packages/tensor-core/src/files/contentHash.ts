/** Names for values by what they are: SHA-256 of canonical JSON (keys sorted). */
import { createHash } from 'node:crypto'

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const sorted = (u: unknown): unknown =>
  Array.isArray(u)
    ? u.map(sorted)
    : isRecord(u)
      ? Object.fromEntries(
          Object.keys(u)
            .sort()
            .map((key) => [key, sorted(u[key])]),
        )
      : u

/** JSON with sorted keys: equal values have equal text. Fields that are undefined are left out, as in JSON. */
export const canonicalJson = (u: unknown): string => JSON.stringify(sorted(u))

/** Sixteen hexadecimal digits: short enough to read, long enough never to collide by chance. */
export const shortHash = (hex: string): string => hex.slice(0, 16)

/** A short hash of plain JSON, whatever the order of its keys. */
export const contentHash = (u: unknown): string =>
  shortHash(createHash('sha256').update(canonicalJson(u)).digest('hex'))
