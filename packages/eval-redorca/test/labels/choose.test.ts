import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { type Candidate, type Choice, choose, equalShares } from '../../src/labels/choose'
import type { StoredVerdicts } from '../../src/results/verdictAxes'
import { cellOf } from '../fakes/resultsFolder'

const candidate = (
  cell: string,
  i: number,
  verdict: Candidate['sample']['verdict'],
  verdicts: StoredVerdicts = {},
): Candidate => ({
  cell: { ...cellOf(cell, {}, []), strengths: {} },
  sample: { id: `${cell}-${i}`, set: 'harmful', prompt: 'p', completion: 'c', verdict },
  verdicts,
})
const many = (cell: string, n: number, verdict: Candidate['sample']['verdict']): Candidate[] =>
  Array.from({ length: n }, (_, i) => candidate(`${cell}${verdict ?? ''}`.slice(0, 1), i, verdict)).map(
    (c, i) => ({ ...c, sample: { ...c.sample, id: `${cell}-${String(verdict)}-${i}` } }),
  )
const chosen = (list: ReadonlyArray<Candidate>, choice: Choice) => {
  const found = choose(list, choice)
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right
}

describe('equalShares', () => {
  it('gives one each in turn, and what is over to the others', () => {
    expect(equalShares([10, 2, 10], 9)).toEqual([4, 2, 3])
    expect(equalShares([1, 1], 9)).toEqual([1, 1])
    expect(equalShares([], 3)).toEqual([])
  })
})

describe('by lot', () => {
  const list = [...many('a', 90, 'refused'), ...many('a', 10, 'complied'), ...many('b', 40, null)]
  it('takes equal shares of cells and verdicts, with the weights that undo them', () => {
    const rows = chosen(list, { from: 'stratified', count: 30, seed: 1 })
    const stratum = (cell: string, verdict: string | null) =>
      rows.filter((r) => r.cell.id === cell && r.sample.verdict === verdict)
    expect(stratum('a', 'refused')).toHaveLength(10)
    expect(stratum('a', 'complied')).toHaveLength(10)
    expect(stratum('b', null)).toHaveLength(10)
    expect(stratum('a', 'refused')[0]?.weight).toBe(9)
    expect(stratum('a', 'complied')[0]?.weight).toBe(1)
    expect(stratum('b', null)[0]?.weight).toBe(4)
    // The order does not tell the strata apart.
    expect(new Set(rows.slice(0, 10).map((r) => String(r.sample.verdict))).size).toBe(3)
  })
  it('weighs every row alike where it draws at random', () => {
    const rows = chosen(list, { from: 'random', count: 35, seed: 1 })
    expect(new Set(rows.map((r) => r.sample.id)).size).toBe(35)
    expect(rows.every((r) => r.weight === 4)).toBe(true)
  })
  it('weights sum to the population, whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.nat(120),
        fc.constantFrom('random' as const, 'stratified' as const),
        fc.nat(1000),
        (sizes, more, from, seed) => {
          const all = sizes.flatMap((n, cell) =>
            Array.from({ length: n }, (_, i) => candidate(`cell${cell}`, i, 'refused')),
          )
          const rows = chosen(all, { from, count: sizes.length + more, seed })
          expect(rows).toHaveLength(Math.min(all.length, sizes.length + more))
          expect(rows.reduce((s, r) => s + (r.weight ?? 0), 0)).toBeCloseTo(all.length, 6)
          expect(chosen(all, { from, count: sizes.length + more, seed })).toEqual(rows)
        },
      ),
      { numRuns: 50 },
    )
  })
  it('needs a row for each stratum', () => {
    expect(choose(list, { from: 'stratified', count: 2, seed: 1 })).toMatchObject({
      left: { kind: 'input', where: '--count', message: expect.stringContaining('at least 3') as unknown },
    })
  })
})

describe('disagreements', () => {
  const p = (pHarmful: number | null, harmful: boolean | null) => ({
    refused: null,
    harmful,
    degenerate: null,
    pHarmful,
  })
  const words = (refused: boolean) => ({
    refused,
    harmful: refused ? false : null,
    degenerate: false,
    pHarmful: null,
  })
  const list = [
    candidate('a', 0, 'complied', { guard: p(0.6, true), words: words(false) }),
    candidate('a', 1, 'complied', { guard: p(0.05, false), words: words(false) }),
    candidate('a', 2, 'refused', { guard: p(0.1, false), words: words(true) }),
    candidate('a', 3, 'refused', { guard: p(null, null), words: words(true) }),
  ]
  it('come widest first, without a weight; an unparsed verdict is no opinion', () => {
    const rows = chosen(list, { from: 'disagreements', count: 9, seed: 1 })
    expect(rows.map((r) => r.sample.id)).toEqual(['a-1', 'a-0', 'a-2'])
    expect(rows.every((r) => r.weight === null)).toBe(true)
  })
  it('need two judges', () => {
    expect(
      choose([candidate('a', 0, 'refused')], { from: 'disagreements', count: 1, seed: 1 }),
    ).toMatchObject({
      left: { kind: 'input', message: expect.stringContaining('two judges') as unknown },
    })
  })
})
