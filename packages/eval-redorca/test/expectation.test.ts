import { duration } from '../src/plan/duration'
import { expectationLine } from '../src/work/expectation'

describe('what a run is expected to take', () => {
  it('is written in seconds, minutes or hours', () => {
    expect([0.2, 40, 89.6, 91, 5000, 5400, 7500].map(duration)).toEqual([
      '1 s',
      '40 s',
      '90 s',
      '2 min',
      '83 min',
      '1 h 30 min',
      '2 h 05 min',
    ])
  })

  it('names each kind of work, shared among the workers', () => {
    const parts = [
      { kind: 'adapter' as const, jobs: 1, seconds: 1200 },
      { kind: 'cell' as const, jobs: 14, seconds: 1680 },
    ]
    expect(expectationLine(parts, 1)).toBe('about 48 min: 1 fine-tune (20 min), 14 evaluations (28 min)')
    expect(expectationLine(parts, 2)).toBe('about 24 min: 1 fine-tune (10 min), 14 evaluations (14 min)')
  })
})
