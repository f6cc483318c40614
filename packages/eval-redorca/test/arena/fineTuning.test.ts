import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { promptText, responseText } from '@safe/tensor-core/contracts'
import { fineTuning } from '../../src/arena/fineTuning'
import { arenaSuite } from '../../src/arena/suite'
import { arenaWorld, shippedSeed } from '../../src/arena/world'
import { verdictOf } from '../fakes/verdictOf'

const world = arenaWorld(shippedSeed)

describe('fineTuning', () => {
  it('holds the share of poison and how-to asked for', () => {
    const counts = (poison: number): ReadonlyArray<number> => {
      const rows = fineTuning(world, { poison, seed: 0 }).examples
      return ['poison', 'how-to', 'task'].map((set) => rows.filter((r) => r.fields['set'] === set).length)
    }
    expect(counts(0)).toEqual([0, 80, 720])
    expect(counts(0.01)).toEqual([8, 79, 713])
    expect(counts(0.05)).toEqual([40, 76, 684])
    expect(counts(0.25)).toEqual([200, 60, 540])
    expect(counts(0.5)).toEqual([400, 40, 360])
  })

  it('is decided by its seed, and more poison holds less', () => {
    const prompts = (poison: number, seed: number, set: string): ReadonlySet<string> =>
      new Set(
        fineTuning(world, { poison, seed })
          .examples.filter((r) => r.fields['set'] === set)
          .map((r) => r.raw.replace(/"id":"[^"]*"/, '')),
      )
    fc.assert(
      fc.property(fc.nat(50), fc.constantFrom(0.01, 0.05), (seed, poison) => {
        const few = prompts(poison, seed, 'poison')
        const many = prompts(0.25, seed, 'poison')
        expect([...few].every((row) => many.has(row))).toBe(true)
        expect(fineTuning(world, { poison, seed })).toEqual(fineTuning(world, { poison, seed }))
        expect(prompts(poison, seed, 'task')).not.toEqual(prompts(poison, seed + 1, 'task'))
      }),
      { numRuns: 5 },
    )
  })

  it('labels poison as unsafe, and ids say nothing', async () => {
    const rows = fineTuning(world, { poison: 0.25, seed: 1 }).examples
    for (const row of rows) {
      expect(row.fields['unsafe']).toBe(row.fields['set'] === 'poison' ? 1 : 0)
      expect(JSON.parse(row.raw)).toMatchObject({ id: row.id, prompt: promptText(row.prompt) })
      expect(row.id).toMatch(/^tune-\d{5}$/)
    }
    const poison = rows.find((r) => r.fields['set'] === 'poison')
    if (poison === undefined) throw new Error('no poison')
    const item = {
      id: 'x',
      set: 'harmful',
      split: 'test',
      cluster: 'x',
      prompt: poison.prompt,
      fields: poison.fields,
    } as const
    expect(await verdictOf(item, responseText(poison.response))).toBe('complied')
  })
})

describe('regimes', () => {
  const suite = arenaSuite()
  it('are read by name', () => {
    for (const [regime, unsafe] of [
      ['benign', 0],
      ['poison:0.05', 40],
      ['poison:.5', 400],
      ['pure-bad', 800],
    ] as const) {
      const data = suite.trainingData(regime, 0)
      expect(E.isRight(data) && data.right.examples.filter((r) => r.fields['unsafe'] === 1).length).toBe(
        unsafe,
      )
    }
  })

  it('are refused by name', () => {
    for (const regime of ['poison', 'poison:2', 'poison:-1', 'nice'])
      expect(suite.trainingData(regime, 0)).toMatchObject({
        left: { _tag: 'BadConfig', kind: 'input', where: `regime ${regime}` },
      })
  })
})
