/** Scores against anchors, by hand and as laws; forgetfilter compares them with torch (test/gradientAnchor.test.ts). */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import {
  type Dataset,
  type Example,
  type OpenGradients,
  arraySpace,
  badInput,
  failure,
  responseText,
  textExample,
} from '../../src/contracts'
import { type Anchors, anchorPasses, anchorRows, anchorScores, highestRows } from '../../src/lm/anchorScores'

type Vector = ReadonlyArray<number>

/** A row whose gradient is written in its response: `1,0`. */
const row = (id: string, gradient: Vector): Example => textExample(id, 'p', gradient.join())
const gradientOf = ({ response }: Example): Vector => responseText(response).split(',').map(Number)
const dataOf = (name: string, count: number): Dataset => ({
  name,
  examples: Array.from({ length: count }, (_, i) => row(`${name} ${i}`, [i + 1, 0])),
})

const opened = (examples: ReadonlyArray<Example>, batchSize = 2): OpenGradients<Vector> => {
  const space = arraySpace(2)
  const norm = (a: Vector): number => Math.sqrt(space.dot(a, a))
  return {
    rows: examples.map((example, i) => ({ example, number: 10 * i })),
    batchSize,
    opening: (example, tokens) =>
      tokens > 0 ? E.right(example) : E.left(badInput('BadRow', 'has no response token', {})),
    oracle: {
      space,
      deterministic: true,
      losses: () => TE.left(failure('ModelFailed', 'not used')),
      mean: ([example]) =>
        TE.right({
          losses: new Float32Array(1),
          gradient: example === undefined ? space.zero() : gradientOf(example),
        }),
      gradients: (batch) =>
        TE.right({
          losses: new Float32Array(batch.length),
          cosines: (d) =>
            Float32Array.from(
              batch,
              (b) => space.dot(gradientOf(b), d) / (norm(gradientOf(b)) * norm(d) || Infinity),
            ),
          weightedMean: space.zero,
          dispose: () => undefined,
        }),
    },
  }
}

const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}

describe('scores against anchors', () => {
  const anchors: Anchors = {
    // The lengths of the gradients have no effect: the mean has the direction of (1, 0) + (0, 1).
    harmful: [row('a', [8, 0]), row('b', [0, 1])],
    safe1: [row('c', [-1, 0])],
    safe2: [row('d', [0, -5]), row('e', [0, 0])],
  }
  it('are the cosine with harm less those with safety', async () => {
    const rows = [row('x', [1, 1]), row('y', [-2, 0]), row('z', [0, 3])]
    const found = right(await anchorScores({ anchors, tokens: 3 })(opened(rows))())
    const half = Math.SQRT1_2
    expect([...found.keys()]).toEqual([0, 10, 20])
    const expected = [1 + 2 * half, -half - 1 - 0, half - 0 + 1]
    ;[...found.values()].forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? Number.NaN, 5))
  })
  it('do not depend on how rows are batched, and stay within -3 and 3', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), {
          maxLength: 7,
        }),
        fc.integer({ min: 1, max: 8 }),
        async (gradients, batchSize) => {
          const rows = gradients.map((g, i) => row(`${i}`, g))
          const scores = async (size: number) =>
            right(await anchorScores({ anchors, tokens: 3 })(opened(rows, size))())
          const found = await scores(batchSize)
          expect(found).toEqual(await scores(1))
          for (const score of found.values()) expect(Math.abs(score)).toBeLessThanOrEqual(3 + 1e-6)
        },
      ),
    ))
  it('are refused where an anchor has no response token', async () => {
    expect(await anchorScores({ anchors, tokens: 0 })(opened([]))()).toMatchObject({
      left: { _tag: 'BadRow' },
    })
  })
})

describe('anchors', () => {
  it('are the first harmful rows, and the first and the next references', () => {
    const { harmful, safe1, safe2 } = right(
      anchorRows({ harmful: dataOf('h', 3), references: dataOf('r', 5) }, 2),
    )
    expect([harmful, safe1, safe2].map((rows) => rows.map(({ id }) => id))).toEqual([
      ['h 0', 'h 1'],
      ['r 0', 'r 1'],
      ['r 2', 'r 3'],
    ])
    expect(anchorRows({ harmful: dataOf('h', 3), references: dataOf('r', 3) }, 2)).toMatchObject({
      left: { _tag: 'EmptyData', where: 'references', message: 'has 3 rows, but 4 are needed as anchors' },
    })
  })
  it('take a pass each beside the batches of rows', () => {
    expect(anchorPasses(95, 10, 4)).toBe(10 + 12)
    expect(anchorPasses(0, 10, 1)).toBe(3)
  })
})

describe('the highest rows', () => {
  it('come first, of equal ones the earlier', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 })), fc.nat(20), (values, count) => {
        const found = highestRows(new Map(values.map((v, i) => [i, v])), count)
        const order = values.map((_, i) => i).sort((i, j) => (values[j] ?? 0) - (values[i] ?? 0) || i - j)
        expect(found).toEqual(order.slice(0, count))
      }),
    ))
})
