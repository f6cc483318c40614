/** What the rivals are made of: surgery, phases, weights of tokens, the order of safe rows. */
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { type Example, arraySpace } from '@safe/tensor-core/contracts'
import { defaultsOf } from '@safe/tensor-core/options'
import { constrainedSftOptions } from '../../src'
import { betaAt, constrainedWeight } from '../../src/rivals/constrainedSft'
import { phaseAt, turnOf } from '../../src/rivals/lisa'
import { safeRows } from '../../src/rivals/safeRows'
import { surgery } from '../../src/rivals/safegrad'
import { dataset, rows } from '../support/world'

const safe = dataset('safe', rows(6, 7))
const resources = { safe, seed: 3 }

// safegrad ---------------------------------------------------------------------------------------

describe('surgery', () => {
  const vectors = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 })
  const space = arraySpace(3)
  const step = (task_: ReadonlyArray<number>, alignment: ReadonlyArray<number>, rho: number) => {
    const found = surgery(space, { rho })(task_, alignment)
    return { found, g: space.add(task_, space.scale(found.coefficient, alignment)) }
  }

  it('never leaves a step against the alignment gradient, and changes none that is not', () =>
    fc.assert(
      fc.property(vectors, vectors, (t, a) => {
        const { found, g } = step(t, a, 0)
        const unchanged = g.every((x, i) => x === t[i])
        if (found.noise) {
          expect(unchanged).toBe(true)
          return
        }
        const tolerance = 1e-9 * (1 + Math.sqrt(space.dot(t, t) * space.dot(a, a)))
        expect(space.dot(g, a)).toBeGreaterThanOrEqual(-tolerance)
        if (space.dot(t, a) >= 0) expect(unchanged).toBe(true)
        else expect(Math.abs(space.dot(g, a))).toBeLessThan(tolerance)
      }),
    ))

  it('by hand: (1, -1) along (0, 2) loses its second part, then gains rho times it', () => {
    expect(step([1, -1, 0], [0, 2, 0], 0.5).g).toEqual([1, 1, 0])
    expect(step([1, 1, 0], [0, 2, 0], 0.5).g).toEqual([1, 2, 0])
  })

  it('takes a gradient of a millionth for rounding: nothing is projected', () => {
    const { found, g } = step([1, -1, 0], [0, 1e-6, 0], 0)
    expect([found.noise, found.conflict]).toEqual([true, false])
    expect(g).toEqual([1, -1, 0])
    expect(step([1, -1, 0], [0, 1e-5, 0], 0).found.conflict).toBe(true)
  })
})

// lisa -------------------------------------------------------------------------------------------

describe('the phases of lisa', () => {
  const turn = { safeSteps: 100, taskSteps: 900 }

  it('of a run shorter than a turn are a tenth on safe rows, then the task; a longer one alternates', () => {
    expect(turnOf(turn, 200)).toEqual({ safeSteps: 20, taskSteps: 180 })
    expect(turnOf(turn, 30)).toEqual({ safeSteps: 3, taskSteps: 27 })
    expect(turnOf(turn, 2)).toEqual({ safeSteps: 1, taskSteps: 1 })
    expect(turnOf(turn, 1000)).toEqual(turn)
    const at = (t: number) => phaseAt(turn, t)
    expect([0, 99, 100, 999, 1000].map((t) => [at(t).safe, at(t).first])).toEqual([
      ...[
        [true, true],
        [true, false],
        [false, true],
      ],
      ...[
        [false, false],
        [true, true],
      ],
    ])
  })

  it('fill the run, with at least one step each where there are two', () =>
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 999 }), (steps) => {
        const { safeSteps, taskSteps } = turnOf(turn, steps)
        expect(safeSteps + taskSteps).toBe(steps)
        expect(Math.min(safeSteps, taskSteps)).toBeGreaterThanOrEqual(1)
      }),
    ))
})

// constrained-sft --------------------------------------------------------------------------------

describe('weights of tokens', () => {
  const options = defaultsOf(constrainedSftOptions)
  const weight = constrainedWeight(options)

  it('hold the first token less than the rest of the prefix, and later ones least', () => {
    expect([0, 1, 4, 5, 9].map((t) => betaAt(options, t))).toEqual([0.5, 2, 2, 0.1, 0.1])
    expect(betaAt({ ...options, prefix: 0 }, 0)).toBe(0.1)
  })

  it('are 1 where the models agree, fall as the probability rises, and stay between the floor and 2', () => {
    fc.assert(
      fc.property(
        fc.nat(12),
        fc.double({ min: -50, max: 0, noNaN: true }),
        fc.double({ min: -50, max: 0, noNaN: true }),
        (place, current, initial) => {
          const w = weight(place, current, initial)
          expect(weight(place, initial, initial)).toBe(1)
          expect(w).toBeGreaterThanOrEqual(options.floor)
          expect(w).toBeLessThanOrEqual(2)
          expect(weight(place, current, current - 1)).toBeLessThan(1)
          if (current > initial) expect(w).toBeLessThanOrEqual(1)
        },
      ),
    )
    expect(weight(1, 0, -50)).toBe(options.floor)
  })
})

// safe rows --------------------------------------------------------------------------------------

describe('safe rows', () => {
  const drawn = (order?: 'file') => {
    const draw = safeRows({ ...resources, ...(order === undefined ? {} : { order }) })
    if (E.isLeft(draw)) throw new Error(draw.left.message)
    return (from: number, n: number): string[] => draw.right(from, n).map((e: Example) => e.id)
  }

  it('are each drawn once per pass, in another order at the next, however large the batches', () => {
    const pass = (k: number, size: number): string[] =>
      Array.from({ length: Math.ceil(7 / size) }, (_, b) =>
        drawn()(7 * k + b * size, Math.min(size, 7 - b * size)),
      ).flat()
    expect([...pass(0, 3)].sort()).toEqual(safe.examples.map((e) => e.id))
    expect(pass(0, 3)).toEqual(pass(0, 2))
    expect(pass(0, 3)).not.toEqual(pass(1, 3))
    expect(drawn()(5, 4).slice(2)).toEqual(pass(1, 2).slice(0, 2))
    expect(drawn()(0, 50)).toHaveLength(7)
    expect(drawn('file')(6, 3)).toEqual(['6', '0', '1'])
  })
})
