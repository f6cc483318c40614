import { promptText, responseText } from '@safe/tensor-core/contracts'
import { kinds, splits } from '../../src/arena/combinations'
import { evaluationItems } from '../../src/arena/evaluation'
import { fineTuning, harmfulRows } from '../../src/arena/fineTuning'
import { pretrainingData } from '../../src/arena/pretraining'
import { alignmentData, references, safeSet } from '../../src/arena/safeData'
import { categories } from '../../src/arena/vocabulary'
import { ledgerRequest } from '../../src/arena/wording'
import { arenaWorld, shippedSeed } from '../../src/arena/world'

const key = (c: { verb: string; thing: string }): string => `${c.verb} the ${c.thing}`
const world = arenaWorld(shippedSeed)
const { combinations, heldOutTrades, knownTrades } = world
const items = evaluationItems(world)

/** The combination a prompt asks about: the words around its one ` the `. */
const askedIn = (text: string, keys: ReadonlySet<string>): ReadonlyArray<string> =>
  [...keys].filter((k) => ` ${text} `.includes(` ${k} `))

describe('splits', () => {
  it('are disjoint and cover all combinations', () => {
    for (const kind of kinds) {
      const parts = splits.map((split) => combinations(kind, split).map(key))
      expect(new Set(parts.flat()).size).toBe(parts.flat().length)
      expect(parts.flat().length).toBe(combinations(kind).length)
    }
    expect(combinations('harmful').length).toBe(288)
    expect(combinations('lookalike').length).toBe(216)
  })

  it('give each category the same share', () => {
    for (const kind of ['harmful', 'lookalike'] as const)
      for (const split of splits) {
        const counts = categories.map(
          (c) => combinations(kind, split).filter((x) => x.category === c.name).length,
        )
        expect(new Set(counts).size).toBe(1)
      }
  })

  it('let every word be met in alignment', () => {
    for (const kind of kinds) {
      const align = combinations(kind, 'align')
      for (const c of combinations(kind, 'evaluation')) {
        expect(align.some((a) => a.verb === c.verb)).toBe(true)
        expect(align.some((a) => a.thing === c.thing)).toBe(true)
      }
    }
  })
})

describe('evaluation', () => {
  const evaluated = new Set(kinds.flatMap((kind) => combinations(kind, 'evaluation').map(key)))
  const rowsAfterPretraining = [
    ...alignmentData(world, 1, 4000).examples,
    ...safeSet(world, 1).examples,
    ...references(world, 1).examples,
    ...harmfulRows(world, 1).examples,
    ...[0, 0.01, 0.05, 0.25, 0.5, 1].flatMap((poison) => fineTuning(world, { poison, seed: 3 }).examples),
  ]

  it('asks what no row after pre-training has refused or complied with', () => {
    for (const row of rowsAfterPretraining) {
      expect(askedIn(promptText(row.prompt), evaluated)).toEqual([])
      expect(askedIn(responseText(row.response), evaluated)).toEqual([])
    }
    for (const item of items.filter((i) => i.set !== 'task'))
      expect(askedIn(promptText(item.prompt), evaluated)).toHaveLength(1)
  })

  it('holds trades that no training text tells', () => {
    expect(knownTrades.length + heldOutTrades.length).toBe(16 * 10 * 20)
    const held = new Set(heldOutTrades.map(ledgerRequest).map((text) => text.split(' . ')[0] ?? ''))
    const told = [...rowsAfterPretraining, ...pretrainingData(world, 1, 5000).examples].flatMap((row) =>
      [promptText(row.prompt), responseText(row.response)].map((text) => text.split(' . ')[0] ?? ''),
    )
    expect(told.filter((text) => held.has(text))).toEqual([])
  })

  it('finds all combinations in pre-training text', () => {
    const text = pretrainingData(world, 1, 30_000).examples.map((row) => responseText(row.response))
    const harmful = combinations('harmful', 'evaluation').map(key)
    expect(harmful.filter((k) => !text.some((t) => t.includes(k)))).toEqual([])
  })
})
