/** Validation prompts: files of their own, or a share of the evaluation's clusters. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { type Dataset, type Fault, badInput, faultLine, textExample } from '@safe/tensor-core/contracts'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { promptKey } from '../src/mix/promptKey'
import { type PlacedItem, type PromptFile, itemsOf } from '../src/suite/evaluationItems'
import { fileSuite } from '../src/suite/fileSuite'
import { drawnSplit } from '../src/suite/split'
import type { Suite } from '../src/suite/suite'
import { judgeOpener } from '../src/work/judgeOpener'

// configurations ---------------------------------------------------------------------------------

const document = (more: Readonly<Record<string, unknown>>): unknown => ({
  suite: {
    models: { aligned: 'a' },
    training: { regimes: { mine: 'train' } },
    evaluation: { harmful: 'harmful', task: 'task' },
    ...more,
  },
  regimes: ['mine'],
})
const decoded = (more: Readonly<Record<string, unknown>>) => {
  const config = decodeConfig(document(more), 'test')
  if (E.isLeft(config) || isArena(config.right.suite)) throw new Error(JSON.stringify(config))
  return { config: config.right, suite: config.right.suite }
}
const refused = (validation: unknown): string => {
  const config = decodeConfig(document({ validation }), 'test')
  return E.isLeft(config) ? config.left.message : 'accepted'
}

describe('suite.validation', () => {
  it('is a share with the seed of its draw, or files, or nothing', () => {
    expect(decoded({}).suite.validation).toBeUndefined()
    expect(decoded({ validation: 0.3 }).suite.validation).toEqual({ share: 0.3, seed: 42 })
    expect(decoded({ validation: { share: 0.5, seed: 7 } }).suite.validation).toEqual({ share: 0.5, seed: 7 })
    expect(decoded({ validation: { harmful: 'h2' } }).suite.validation).toMatchObject({ harmful: 'h2' })
  })
  it.each([{}, { validation: 0.3 }, { validation: { share: 0.5, seed: 7 } }, { validation: { task: 'x' } }])(
    '%j is written out completely, and decodes to the same',
    (more) => {
      const { config } = decoded(more)
      const again = decodeConfig(parse(stringify(configDocument(config))), 'again')
      if (E.isLeft(again)) throw new Error(again.left.message)
      expect(again.right.suite).toEqual(config.suite)
      expect(configDocument(again.right)).toEqual(configDocument(config))
    },
  )
  it.each([
    [1, 'field suite.validation must be a number above 0 and below 1, but is 1'],
    [{ share: 0 }, 'field suite.validation.share must be a number above 0 and below 1, but is 0'],
    [{}, 'field suite.validation names no file; give files, or a share such as 0.3'],
    [
      { harmfull: 'x' },
      'field suite.validation.harmfull is not known; use harmful, lookalike, benign, task, tasks',
    ],
  ])('refuses %j', (validation, message) => expect(refused(validation)).toBe(message))
})

// suites -----------------------------------------------------------------------------------------

const rows = (name: string, fields: ReadonlyArray<readonly [string, unknown?]>): Dataset => ({
  name,
  examples: fields.map(([prompt, cluster], i) =>
    textExample(String(i), prompt, 'yes', cluster === undefined ? {} : { cluster }),
  ),
})
const made = async (
  data: Readonly<Record<string, Dataset>>,
  more: Readonly<Record<string, unknown>>,
): Promise<E.Either<Fault, Suite>> =>
  fileSuite((path) => {
    const found = data[path]
    return found === undefined
      ? TE.left(badInput('FileMissing', 'is missing', { where: path }))
      : TE.right(found)
  }, judgeOpener())(decoded(more).suite, ['mine'])()
const lineOf = (suite: E.Either<Fault, Suite>): string => (E.isLeft(suite) ? faultLine(suite.left) : 'made')

const train = rows('train', [['how do i learn']])
const harmful = rows('harmful', [['one', 'c1'], ['two', 'c1'], ['three', 7], ['four'], ['five']])
const task = rows('task', [['add'], ['subtract']])

describe('a suite with validation', () => {
  it('without it is of the test alone', async () => {
    const suite = await made({ train, harmful, task }, {})
    expect(E.isRight(suite) && suite.right.evaluation.map((item) => item.split)).toEqual(
      Array.from({ length: 7 }, () => 'test'),
    )
    expect(E.isRight(suite) && suite.right.evaluation[2]?.cluster).toBe('7')
  })
  it('from files has those as its other side, under ids of their own', async () => {
    const own = rows('own', [['six'], ['seven']])
    const suite = await made({ train, harmful, task, own }, { validation: { harmful: 'own' } })
    if (E.isLeft(suite)) throw new Error(suite.left.message)
    const items = suite.right.evaluation
    expect(items.filter((item) => item.split === 'validation').map((item) => item.id)).toEqual([
      'harmful-validation/0',
      'harmful-validation/1',
    ])
    expect(items.filter((item) => item.split === 'test')).toHaveLength(7)
  })
  it('by a share has a part of every file on both sides, the same each time', async () => {
    const suite = await made({ train, harmful, task }, { validation: 0.3 })
    if (E.isLeft(suite)) throw new Error(suite.left.message)
    const on = (set: string) =>
      suite.right.evaluation.flatMap((item) => (item.set === set ? [item.split] : [])).sort()
    expect(on('task')).toEqual(['test', 'validation'])
    expect(new Set(on('harmful'))).toEqual(new Set(['test', 'validation']))
    const again = await made({ train, harmful, task }, { validation: 0.3 })
    expect(E.isRight(again) && again.right.evaluation).toEqual(suite.right.evaluation)
    const other = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((seed) => made({ train, harmful, task }, { validation: { share: 0.3, seed } })),
    )
    expect(
      other.some((o) => E.isRight(o) && o.right.evaluation[3]?.split !== suite.right.evaluation[3]?.split),
    ).toBe(true)
  })
  it('names rows that are on both sides, by prompt and by cluster', async () => {
    const own = rows('own', [['  THREE '], ['six', 'c1'], ['seven']])
    expect(lineOf(await made({ train, harmful, task, own }, { validation: { harmful: 'own' } }))).toBe(
      'own has 2 prompts or clusters in common with test rows of harmful: rows 0 and 2, 1 and 0; ' +
        'remove the rows from one of the two files, or set suite.overlap.validation to warn',
    )
    const many = rows(
      'own',
      Array.from({ length: 8 }, (_, i) => [`copy ${i}`]),
    )
    const copies = { train, harmful: many, task, own: many }
    expect(lineOf(await made(copies, { validation: { harmful: 'own' } }))).toMatch(
      /rows 0 and 0, .*, 4 and 4 and 3 more;/,
    )
  })
  it('names the file that cannot be split', async () => {
    const one = rows('task', [
      ['add', 'same'],
      ['subtract', 'same'],
    ])
    expect(lineOf(await made({ train, harmful, task: one }, { validation: 0.5 }))).toBe(
      'suite.validation: task: has one cluster of prompts, which cannot be on both sides; ' +
        'give more prompts, or validation prompts in files of their own',
    )
  })
  it('refuses two rows of one id', async () => {
    const twice = { name: 'task', examples: ['a', 'b'].map((prompt) => textExample('7', prompt, 'yes')) }
    expect(lineOf(await made({ train, harmful, task: twice }, {}))).toBe(
      'task: has two rows with the id 7; give every row an id of its own',
    )
  })
})

// the draw ---------------------------------------------------------------------------------------

describe('drawnSplit', () => {
  const file = (set: PromptFile['set']): PromptFile => ({
    set,
    name: undefined,
    split: 'test',
    path: `${set}.jsonl`,
    rules: undefined,
  })
  const placedIn = (of: PromptFile, examples: Dataset['examples']): ReadonlyArray<PlacedItem> =>
    E.getOrElse((): ReadonlyArray<PlacedItem> => [])(itemsOf(of)({ name: of.path, examples }))
  const row = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.option(fc.integer({ min: 0, max: 12 })))
  const placed = fc
    .tuple(fc.array(row, { minLength: 2, maxLength: 40 }), fc.array(row, { minLength: 2, maxLength: 40 }))
    .map(([harm, benign]): ReadonlyArray<PlacedItem> =>
      [
        { of: file('harmful'), drawn: harm },
        { of: file('benign'), drawn: benign },
      ].flatMap(({ of, drawn }) =>
        placedIn(
          of,
          drawn.map(([prompt, cluster], i) =>
            textExample(String(i), `ask ${prompt}`, '', cluster === null ? {} : { cluster }),
          ),
        ),
      ),
    )
  const settings = fc.record({ share: fc.double({ min: 0.01, max: 0.99, noNaN: true }), seed: fc.nat(99) })

  it('puts whole clusters and prompts on one side, and something of every file on each', () => {
    const seen = { split: 0, refused: 0 }
    fc.assert(
      fc.property(placed, settings, (items, setting) => {
        const drawn = drawnSplit(setting)(items)
        expect(drawnSplit(setting)(items)).toEqual(drawn)
        if (E.isLeft(drawn)) {
          seen.refused += 1
          return
        }
        seen.split += 1
        const sides = (key: (one: PlacedItem) => string): ReadonlyArray<Set<string>> => {
          const found = new Map<string, Set<string>>()
          for (const one of drawn.right)
            found.set(key(one), (found.get(key(one)) ?? new Set()).add(one.item.split))
          return [...found.values()]
        }
        expect(sides(({ item }) => item.cluster).every((s) => s.size === 1)).toBe(true)
        expect(sides(({ item }) => promptKey(item.prompt)).every((s) => s.size === 1)).toBe(true)
        expect(sides((one) => one.file.path).every((s) => s.size === 2)).toBe(true)
        expect(drawn.right.map((one) => ({ ...one, item: { ...one.item, split: 'test' } }))).toEqual(items)
      }),
    )
    expect(Math.min(seen.split, seen.refused)).toBeGreaterThan(0)
  })
  it('takes the share of the clusters, not of the rows', () => {
    const examples = Array.from({ length: 10 }, (_, c) =>
      Array.from({ length: c === 0 ? 50 : 1 }, (_row, i) =>
        textExample(`${c}-${i}`, `ask ${c} ${i}`, '', { cluster: `c${c}` }),
      ),
    ).flat()
    for (const seed of [1, 2, 3]) {
      const drawn = drawnSplit({ share: 0.3, seed })(placedIn(file('harmful'), examples))
      const clusters = E.isRight(drawn)
        ? drawn.right.flatMap(({ item }) => (item.split === 'validation' ? [item.cluster] : []))
        : []
      expect(new Set(clusters).size).toBe(3)
    }
  })
})
