import * as fc from 'fast-check'
import { arraySpace } from '@safe/tensor-core/contracts'
import { coefficient, corrected, defaults } from '../src'

const space = arraySpace(3)
const vectors = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 })

describe('correction', () => {
  it('adds rho gR', () => {
    expect(corrected(space, { ...defaults, rho: 0.5 })([1, 0, 0], [0, 2, 4])).toEqual([1, 1, 2])
  })

  it('leaves gTask as it is for rho 0 and for none', () => {
    expect(corrected(space, { ...defaults, rho: 0 })([1, 0, 0], [0, 2, 4])).toBeUndefined()
    expect(corrected(space, { ...defaults, correction: 'none' })([1, 0, 0], [0, 2, 4])).toBeUndefined()
  })

  it('agem acts only on conflict, and then leaves no conflict', () => {
    const agem = { ...defaults, correction: 'agem' } as const
    fc.assert(
      fc.property(vectors, vectors, (task, reference) => {
        const before = space.dot(task, reference)
        const g = corrected(space, agem)(task, reference)
        if (before >= 0) expect(g).toBeUndefined()
        else expect(space.dot(g!, reference)).toBeCloseTo(0, 9)
      }),
    )
    expect(coefficient(space, agem)([1, 1, 1], [0, 0, 0])).toBe(0)
    expect(coefficient(space, agem)([-1, 0, 0], [2, 0, 0])).toBe(0.5)
  })
})
