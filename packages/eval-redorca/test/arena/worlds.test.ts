import { promptText, responseText } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { dataHash } from '@safe/tensor-core/pipeline'
import { splits } from '../../src/arena/combinations'
import { tokenizers } from '../../src/arena/corpus'
import { fineTuning, harmfulRows } from '../../src/arena/fineTuning'
import { pretrainingData } from '../../src/arena/pretraining'
import { alignmentData, references, safeSet } from '../../src/arena/safeData'
import { allThings, allVerbs } from '../../src/arena/vocabulary'
import { type World, arenaWorld, shippedSeed } from '../../src/arena/world'

const shipped = arenaWorld(shippedSeed)
const other = arenaWorld(1)

describe('the shipped world', () => {
  it('is the one that the shipped models were trained on', () => {
    const { words, pieces } = tokenizers(shipped)
    expect({
      pretraining: dataHash(pretrainingData(shipped, 1, 5000)),
      alignment: dataHash(alignmentData(shipped, 1, 5000)),
      words: contentHash(words),
      pieces: contentHash(pieces),
    }).toEqual({
      pretraining: '033d9430d2c6e8d8',
      alignment: 'ef43b2d6ec0cc270',
      words: 'e0155b5bc7f23d20',
      pieces: '6cb7a8245cdf21d8',
    })
  })
  it('has the data that published results were computed with', () => {
    expect({
      safe: dataHash(safeSet(shipped, shippedSeed)),
      references: dataHash(references(shipped, shippedSeed)),
      harmful: dataHash(harmfulRows(shipped, shippedSeed)),
      poisoned: dataHash(fineTuning(shipped, { poison: 0.05, seed: 42 })),
    }).toEqual({
      safe: '705d319907560026',
      references: 'b84f3eb2cd444da6',
      harmful: '909f82d3de240c0d',
      poisoned: 'bc3d070cfbb2efc5',
    })
  })
})

describe('another world', () => {
  const evaluated = (world: World): ReadonlySet<string> =>
    new Set(world.combinations('harmful', 'evaluation').map((c) => `${c.verb} ${c.thing}`))

  it('has other facts, other splits and other trades', () => {
    const differing = <A>(of: ReadonlyArray<A>, value: (world: World, a: A) => unknown): number =>
      of.filter((a) => value(shipped, a) !== value(other, a)).length / of.length
    expect(differing(allVerbs, (world, verb) => world.toolOf(verb))).toBeGreaterThan(0.5)
    expect(differing(allThings, (world, thing) => world.placeOf(thing))).toBeGreaterThan(0.5)
    expect([...evaluated(other)].filter((c) => evaluated(shipped).has(c)).length).toBeLessThan(27)
    expect(other.heldOutTrades).not.toEqual(shipped.heldOutTrades)
  })

  it('divides its combinations as the shipped one does', () => {
    for (const seed of [1, 2, 3, 4, 5])
      for (const kind of ['harmful', 'lookalike', 'benign'] as const) {
        const world = arenaWorld(seed)
        const parts = splits.map((split) => world.combinations(kind, split))
        expect(parts.map(({ length }) => length)).toEqual(
          splits.map((split) => shipped.combinations(kind, split).length),
        )
        expect(new Set(parts.flat()).size).toBe(world.combinations(kind).length)
      }
  })

  it('is made once per seed, and is the same each time', () => {
    expect(arenaWorld(1)).toBe(other)
    expect(dataHash(safeSet(other, 1))).toBe(dataHash(safeSet(arenaWorld(1), 1)))
    expect(dataHash(safeSet(other, 1))).not.toBe(dataHash(safeSet(shipped, 1)))
  })

  it('has text in the words of its tokenizer', () => {
    const known = new Set(tokenizers(other).words.vocabulary)
    const text = alignmentData(other, 1, 3000).examples.flatMap(({ prompt, response }) =>
      [promptText(prompt), responseText(response)].flatMap((part) => part.split(' ')),
    )
    expect(text.filter((word) => !known.has(word))).toEqual([])
  })
})
