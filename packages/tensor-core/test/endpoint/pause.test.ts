import * as fc from 'fast-check'
import { askedPause, pauseBefore } from '../../src/endpoint/pause'

const now = Date.parse('2026-01-01T00:00:00Z')
const asked = (headers: Record<string, string>): number | undefined =>
  askedPause((name) => headers[name] ?? null, now)

describe('the pause that an answer asks for', () => {
  it.each([
    [{}, undefined],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:03 GMT' }, 3000],
    [{ 'retry-after': 'Thu, 01 Jan 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '70', 'retry-after': '2' }, 70],
    [{ 'retry-after': '86400' }, 60_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': 'NaN' }, undefined],
    [{ 'retry-after-ms': '-5' }, 0],
  ])('%j', (headers, pause) => {
    expect(asked(headers)).toBe(pause)
  })
})

describe('the pause before a repeat', () => {
  it('doubles up to half a minute', () => {
    expect([0, 1, 2, 3, 10].map((n) => pauseBefore(n, 500, undefined, 0))).toEqual([
      500, 1000, 2000, 4000, 30_000,
    ])
  })

  it('is what the server asks for, where that is longer', () => {
    expect(pauseBefore(3, 500, 20_000, 0.5)).toBe(20_000)
    expect(pauseBefore(0, 500, 0, 0)).toBe(500)
  })

  it('is shortened by a quarter at most', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.double({ min: 0, max: 0.999, noNaN: true }), (repeat, chance) => {
        const whole = pauseBefore(repeat, 500, undefined, 0)
        const some = pauseBefore(repeat, 500, undefined, chance)
        expect(some).toBeLessThanOrEqual(whole)
        expect(some).toBeGreaterThan(0.75 * whole)
      }),
    )
  })
})
