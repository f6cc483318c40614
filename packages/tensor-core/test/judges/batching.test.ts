import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { type Fault, faultLine, tokenPrompt } from '../../src/contracts'
import { selectEngine } from '../../src/engine'
import { batchesOf, inTokenBatches, sharedLength } from '../../src/judges/asking/batching'
import { grown, opened, withSession } from '../../src/judges/asking/growth'
import { loadCausalLM } from '../../src/lm'

const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const row = (length: number): ReadonlyArray<number> => Array.from({ length }, (_, i) => i)

describe('sharedLength', () => {
  it('leaves each row a token of its own, and ignores what is short', () => {
    const long = row(40)
    expect(
      sharedLength([
        [...long, 1],
        [...long, 2],
      ]),
    ).toBe(40)
    expect(sharedLength([long, long])).toBe(39)
    expect(sharedLength([long, [...long, 1]])).toBe(39)
    expect(sharedLength([long])).toBe(0)
    expect(sharedLength([row(10), row(12)])).toBe(0)
    expect(sharedLength([])).toBe(0)
    expect(sharedLength([[], long])).toBe(0)
  })
})

describe('batches', () => {
  it('are of similar length, and of few rows where these are long', () => {
    expect(batchesOf([row(3), row(9), row(4), row(8)], 2)).toEqual([
      [0, 2],
      [3, 1],
    ])
    expect(batchesOf([row(5000), row(9000), row(10), row(4000)], 8)).toEqual([[2, 3], [0], [1]])
  })
  it('hold every row once, and give results in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        async (lengths, size) => {
          const rows = lengths.map(row)
          const sizes: number[] = []
          const results = await inTokenBatches(rows, size, (batch) => {
            sizes.push(batch.length)
            return TE.right(batch.map((r) => r.length))
          })()
          expect(results).toEqual(E.right(lengths))
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(size)
        },
      ),
    )
  })
})

describe('grown', () => {
  it('reads in chunks what it would read at once', async () => {
    right(await selectEngine('wasm')())
    const lm = right(await loadCausalLM({ model: join(__dirname, '../golden/judges/chat') })())
    // Long enough that the scores of all rows at once are too many.
    const rows = [900, 1000, 30, 1000, 999, 1000, 1000, 1000, 1000, 1000].map((length) =>
      row(length).map((i) => (i * 7) % 300),
    )
    const start = right(await opened(lm, rows)())
    expect(start.rest[1]?.length).toBeGreaterThan(0)
    const chunked = right(
      await withSession(start.session, (held) =>
        TE.chain(() => held.session.logProbs)(grown(held, start.rest)),
      )(),
    )
    for (const at of [0, 2, 9]) {
      const alone = right(await lm.open([tokenPrompt(rows[at] ?? [])])())
      const whole = right(await alone.logProbs())
      alone.dispose()
      whole[0]?.forEach((value, id) => expect(Math.abs((chunked[at]?.[id] ?? 0) - value)).toBeLessThan(1e-3))
    }
    lm.dispose()
  })
})
