import { type Factors, undefended, untouched } from '../src/plan/factors'
import { comparable } from '../src/work/comparable'
import { nextWrite } from '../src/work/earlyTimes'

describe('when results are written', () => {
  const minute = 60_000

  it('is at once for the first, then half a minute after the last at the earliest', () => {
    expect(nextWrite({ began: 7, spent: 0, took: 0 })).toBe(7)
    expect(nextWrite({ began: 0, last: 10 * minute, spent: 100, took: 100 })).toBe(10.5 * minute)
  })
  it('is so rare that all writes together take a twentieth of the time', () => {
    // Five seconds have been spent and as many would be: 10 s are a twentieth of 200 s.
    expect(nextWrite({ began: 1000, last: minute, spent: 5000, took: 5000 })).toBe(201_000)
  })
})

describe('which cells are compared while others are missing', () => {
  const cell = (id: string, more: Partial<Factors>): { readonly id: string; readonly factors: Factors } => ({
    id,
    factors: { model: 'aligned', regime: 'r', ...undefended, seed: 1, ...more },
  })
  const aligned = cell('aligned', { regime: untouched })
  const planned = [
    aligned,
    ...[1, 2].flatMap((seed) => [
      cell(`bare ${seed}`, { seed }),
      cell(`filter ${seed}`, { seed, data: 'filter' }),
    ]),
    cell('other', { regime: 's' }),
  ]
  const shown = (
    finished: ReadonlyArray<string>,
    failed: ReadonlyArray<string> = [],
  ): ReadonlyArray<string> => {
    const isShown = comparable(
      planned,
      (id) => finished.includes(id),
      (id) => failed.includes(id),
    )
    return planned.filter(({ id, factors }) => finished.includes(id) && isShown(factors)).map(({ id }) => id)
  }

  it('are those of the seed that is furthest, until one is complete', () => {
    expect(shown(['aligned', 'bare 1'])).toEqual(['aligned', 'bare 1'])
    expect(shown(['bare 2', 'filter 1', 'bare 1'])).toEqual(['bare 1', 'filter 1'])
  })
  it('are those of complete seeds from then on, regime by regime', () => {
    const first = ['aligned', 'bare 1', 'filter 1']
    expect(shown([...first, 'bare 2', 'other'])).toEqual([...first, 'other'])
    expect(shown([...first, 'bare 2', 'filter 2'])).toEqual([...first, 'bare 2', 'filter 2'])
  })
  it('do not wait for a cell that failed', () => {
    expect(shown(['bare 1', 'bare 2', 'filter 2'], ['filter 1'])).toEqual(['bare 1', 'bare 2', 'filter 2'])
  })
})
