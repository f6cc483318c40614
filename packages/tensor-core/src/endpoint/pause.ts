/** How long to wait before a request is repeated. */

const longestPause = 30_000
/** A server may ask for any time; nobody waits longer for it. */
const longestAsked = 60_000

/** The pause that an answer asks for, milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date. */
export const askedPause = (
  header: (name: string) => string | null,
  now: number = Date.now(),
): number | undefined => {
  const exact = header('retry-after-ms')
  const after = header('retry-after')
  const asked =
    exact !== null
      ? Number(exact)
      : after === null
        ? Number.NaN
        : /^\s*\d+(\.\d+)?\s*$/.test(after)
          ? Number(after) * 1000
          : Date.parse(after) - now
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), longestAsked) : undefined
}

/**
 * Milliseconds before repeat number `repeat` (from 0): first, 2 first, 4 first, ... up to half a minute, or what the server asks for
 * where that is longer. Up to a quarter of the former is taken off by chance, so that requests that failed together do not come back
 * together.
 *
 * @param first milliseconds
 * @param chance in [0, 1)
 */
export const pauseBefore = (
  repeat: number,
  first: number,
  asked: number | undefined,
  chance: number,
): number => Math.max(asked ?? 0, Math.min(first * 2 ** repeat, longestPause) * (1 - chance / 4))
