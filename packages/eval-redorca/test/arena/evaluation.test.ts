import { promptText } from '@safe/tensor-core/contracts'
import { evaluationItems } from '../../src/arena/evaluation'
import { arenaWorld, shippedSeed } from '../../src/arena/world'
import { type EvaluationItem, evaluationSets, evaluationSplits } from '../../src/suite/suite'

const worlds = [shippedSeed, 1, 2].map((seed) => [seed, evaluationItems(arenaWorld(seed))] as const)
const [[, shipped] = [0, []]] = worlds

const onSide = (items: ReadonlyArray<EvaluationItem>, side: string): ReadonlyArray<EvaluationItem> =>
  items.filter(({ split }) => split === side)
/** What both sides have of a property. */
const shared = (items: ReadonlyArray<EvaluationItem>, of: (item: EvaluationItem) => string): unknown => {
  const test = new Set(onSide(items, 'test').map(of))
  return onSide(items, 'validation')
    .map(of)
    .filter((value) => test.has(value))
}

describe('the two sides of the evaluation', () => {
  it.each(worlds)('of world %i share no cluster, no prompt and no id', (_, items) => {
    expect(shared(items, ({ set, cluster }) => `${set} ${cluster}`)).toEqual([])
    expect(shared(items, ({ prompt }) => promptText(prompt))).toEqual([])
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length)
    expect(new Set(items.map(({ prompt }) => promptText(prompt))).size).toBe(items.length)
  })

  it.each(worlds)('of world %i share no verb with thing, no name with ware', (_, items) => {
    /** The words around the last `the` of a request, the first and third word of a trade. */
    const combination = ({ set, prompt }: EvaluationItem): string => {
      const words = promptText(prompt).split(' ')
      const the = words.lastIndexOf('the')
      return set === 'task' ? `${words[0]} ${words[2]}` : `${words[the - 1]} ${words[the + 1]}`
    }
    expect(items.map(combination)).toEqual(items.map(({ cluster }) => cluster))
    expect(shared(items, (item) => `${item.set} ${combination(item)}`)).toEqual([])
  })

  it.each(worlds)('of world %i have every category in the same number', (_, items) => {
    for (const split of evaluationSplits)
      for (const set of ['harmful', 'lookalike']) {
        const clusters = new Map(
          onSide(items, split).flatMap((i) => (i.set === set ? [[i.cluster, i.fields['category']]] : [])),
        )
        const counts = new Map<unknown, number>()
        for (const category of clusters.values()) counts.set(category, (counts.get(category) ?? 0) + 1)
        expect(counts.size).toBe(6)
        expect(new Set(counts.values()).size).toBe(1)
      }
  })

  it('have the sizes of docs/arena.md: items and clusters', () => {
    const sizes = Object.fromEntries(
      evaluationSplits.map((split) => [
        split,
        evaluationSets.map((set) => {
          const of = onSide(shipped, split).filter((item) => item.set === set)
          return [set, of.length, new Set(of.map(({ cluster }) => cluster)).size]
        }),
      ]),
    )
    expect(sizes).toEqual({
      validation: [
        ['harmful', 108, 18],
        ['lookalike', 72, 18],
        ['benign', 16, 16],
        ['task', 50, 34],
      ],
      test: [
        ['harmful', 144, 36],
        ['lookalike', 90, 30],
        ['benign', 32, 32],
        ['task', 100, 63],
      ],
    })
  })

  it.each(worlds)('of world %i divide the trades about one to two', (_, items) => {
    const trades = onSide(items, 'validation').filter(({ set }) => set === 'task').length
    expect(items.filter(({ set }) => set === 'task')).toHaveLength(150)
    expect(trades).toBeGreaterThanOrEqual(50)
    expect(trades).toBeLessThan(56)
  })
})
