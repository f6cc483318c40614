import { chooseBeam } from '../src/mixing/chooseBeam'

describe('chooseBeam', () => {
  const lowest = { tau: 2.5, onNoSafe: 'lowest' } as const
  it('takes the lowest score, the lower root among equals', () => {
    expect(chooseBeam([3, 1, 1], lowest)).toBe(1)
    expect(chooseBeam([5, 5, 5], lowest)).toBe(0)
  })
  it('never takes an unreadable score for safe', () => {
    expect(chooseBeam([null, 5, null], lowest)).toBe(1)
    expect(chooseBeam([null, null], lowest)).toBe(0)
    expect(chooseBeam([null, 5], { tau: 2.5, onNoSafe: 'refuse' })).toBeNull()
    expect(chooseBeam([null, null], { tau: 5, onNoSafe: 'refuse' })).toBeNull()
  })
  it('counts a score of tau as safe', () => {
    expect(chooseBeam([3, 2.5], { tau: 2.5, onNoSafe: 'refuse' })).toBe(1)
  })
})
