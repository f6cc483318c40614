import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import * as E from 'fp-ts/Either'
import {
  type Dataset,
  type DataDefence,
  dataMonoid,
  decodingMonoid,
  noDefence,
  pipelineMonoid,
  pipelineOf,
  textExample,
  trainingMonoid,
  weightsMonoid,
} from '../src/contracts'

/** Keeps the rows whose number is not divisible by k, and marks that it ran. */
const drop = (k: number): DataDefence => ({
  stage: 'data',
  name: `drop${k}`,
  parameters: { k },
  apply: (d) =>
    TE.right({ name: `${d.name}/${k}`, examples: d.examples.filter((_, i) => (i + 1) % k !== 0) }),
})
const dataset: Dataset = {
  name: 'd',
  examples: Array.from({ length: 12 }, (_, i) => textExample(String(i), `p${i}`, `r${i}`)),
}
const arbitrary = fc.oneof(fc.constant(noDefence.data), fc.integer({ min: 2, max: 5 }).map(drop))
const run = async (d: DataDefence): Promise<unknown> => ({
  name: d.name,
  parameters: d.parameters,
  out: await d.apply(dataset)(),
})

describe('the monoid of each stage', () => {
  it('has "none" as identity, by effect and by name', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (a) => {
        expect(await run(dataMonoid.concat(a, dataMonoid.empty))).toEqual(await run(a))
        expect(await run(dataMonoid.concat(dataMonoid.empty, a))).toEqual(await run(a))
      }),
    )
  })

  it('is associative, by effect and by name', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, arbitrary, arbitrary, async (a, b, c) => {
        const left = dataMonoid.concat(dataMonoid.concat(a, b), c)
        const right = dataMonoid.concat(a, dataMonoid.concat(b, c))
        expect(await run(left)).toEqual(await run(right))
      }),
    )
  })

  it('applies the first defence first', async () => {
    const both = await dataMonoid.concat(drop(2), drop(3)).apply(dataset)()
    expect(E.isRight(both) && both.right.name).toBe('d/2/3')
  })

  it('keeps the identities of the other stages', () => {
    for (const m of [trainingMonoid, weightsMonoid, decodingMonoid]) expect(m.empty.name).toBe('none')
  })

  it('composes pipelines stage by stage', () => {
    const p = pipelineMonoid.concat(pipelineOf(drop(2)), pipelineOf(drop(3)))
    expect(p.data.name).toBe('drop2+drop3')
    expect(p.training.name).toBe('none')
    expect(pipelineMonoid.concat(p, pipelineMonoid.empty).data.name).toBe('drop2+drop3')
  })
})
