/** A seeded generator for mutants: the same seed gives the same mutant on every machine (mulberry32). */

export interface Random {
  /** A whole number from 0 to n - 1. */
  readonly below: (n: number) => number
  readonly chance: (p: number) => boolean
  readonly pick: <A>(items: ReadonlyArray<A>) => A
}

export const randomOf = (seed: string): Random => {
  let state = 0x9e3779b9
  for (const c of seed) state = Math.imul(state ^ c.charCodeAt(0), 0x85ebca6b) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 8; i++) next()
  return {
    below: (n) => Math.floor(next() * n),
    chance: (p) => next() < p,
    pick: (items) => items[Math.floor(next() * items.length)]!,
  }
}
