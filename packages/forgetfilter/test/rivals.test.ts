/** The other methods of the data stage: upper bound, rows added, rows judged. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import {
  type Dataset,
  type Diagnostics,
  type Judge,
  type JudgeItem,
  type Resources,
  failure,
  textExample,
} from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import { guardFilter, oracle, plugins, safetyMix } from '../src'

const unused = () => TE.left(failure('Unused', 'not declared, so not used'))
const rows = (name: string, count: number, fields: (i: number) => Record<string, unknown> = () => ({})) => ({
  name,
  examples: Array.from({ length: count }, (_, i) => textExample(String(i), `${name} ${i}`, 'yes', fields(i))),
})
const resources: Resources = {
  seed: 5,
  maxNewTokens: 8,
  train: unused,
  model: unused,
  gradients: unused,
  activationNorms: unused,
  base: unused(),
  baseModel: unused(),
  aligned: unused(),
  anchor: unused(),
  safe: rows('safe', 20),
  references: rows('references', 0),
  harmful: rows('harmful', 0),
  counterpart: unused(),
  judge: refusalJudge,
}
const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const plugin = (name: string) => plugins.find((p) => p.name === name)!
/** What a plugin makes of the rows, and what it records. */
const applied = async (
  name: string,
  data: Dataset,
  options: Record<string, unknown> = {},
  given: Partial<Resources> = {},
) => {
  const recorded: Record<string, unknown> = {}
  const record = (values: Diagnostics): void => void Object.assign(recorded, values)
  const defence = right(await plugin(name).create(options, { ...resources, ...given }, record)())
  if (defence.stage !== 'data') throw new Error(defence.stage)
  return { result: await defence.apply(data)(), recorded }
}
const idsOf = (e: E.Either<unknown, Dataset>) => right(e).examples.map(({ id }) => id)

describe('rivals of the data stage', () => {
  it.each([
    ['oracle', [], { field: 'unsafe' }],
    ['safety-mix', ['seed', 'safe'], { share: 0.03 }],
    ['guard-filter', ['judge'], { what: 'response', threshold: 0.5, unparsed: 'keep' }],
  ] as const)('%s declares its needs, its defaults and how faithful it is', (name, needs, defaults) => {
    expect([...plugin(name).needs]).toEqual(needs)
    expect(right(plugin(name).complete({}))).toEqual(defaults)
    for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
      expect(plugin(name).fidelity?.[field]).toMatch(/\S/)
  })
})

describe('oracle', () => {
  const labelled = rows('data', 5, (i) => ({ unsafe: i % 2, label: i < 3 }))

  it('drops what is labelled harmful, by 1 or true', async () => {
    const { result, recorded } = await applied('oracle', labelled)
    expect(right(result).examples).toEqual([0, 2, 4].map((i) => labelled.examples[i]))
    expect(recorded).toMatchObject({ rows: 5, kept: 3, dropped: 2, precision: 1, recall: 1, f1: 1 })
    expect(idsOf((await applied('oracle', labelled, { field: 'label' })).result)).toEqual(['3', '4'])
  })
  it('names the first row without a label, and what to do', async () => {
    const partly = {
      ...labelled,
      examples: [...labelled.examples, textExample('five', 'p', 'r', { unsafe: 2 })],
    }
    expect((await applied('oracle', partly)).result).toMatchObject({
      left: {
        _tag: 'BadRow',
        kind: 'input',
        where: 'row five',
        message: 'has no label 0 or 1 in the field unsafe',
        remedy: expect.stringContaining('`field`') as string,
      },
    })
  })
  it('keeps everything where nothing is harmful', async () => {
    const benign = rows('data', 4, () => ({ unsafe: 0 }))
    expect(right(await oracle().apply(benign)())).toEqual(benign)
  })
})

describe('safety-mix', () => {
  const data = rows('data', 100)

  it('adds a share of the rows, or a count, and records how many', async () => {
    const { result, recorded } = await applied('safety-mix', data)
    expect(right(result).examples).toHaveLength(103)
    expect(recorded).toEqual({ rows: 100, added: 3 })
    expect(right((await applied('safety-mix', data, { count: 20 })).result).examples).toHaveLength(120)
  })
  it('adds different safe rows, unchanged but for ids of their own', async () => {
    const safe = {
      name: 'safe',
      examples: [...resources.safe.examples, textExample('safe:0', 'more', 'yes')],
    }
    const taken = { ...data, examples: [...data.examples, textExample('safe:1', 'taken', 'yes')] }
    const { result } = await applied('safety-mix', taken, { count: 21 }, { safe })
    const all = right(result).examples
    expect(new Set(all.map(({ id }) => id)).size).toBe(122)
    const added = all.filter((row) => !taken.examples.includes(row))
    expect(added.map(({ raw }) => raw).sort()).toEqual(safe.examples.map(({ raw }) => raw).sort())
    expect(added.every(({ id }) => id.startsWith('safe+:'))).toBe(true)
  })
  it('keeps the order of the task rows, depends on the seed alone, and adds nothing at a share of 0', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.nat(),
        async (n, share, seed) => {
          const some = rows('data', n)
          const mixed = right(await safetyMix({ share }, { seed, safe: resources.safe }).apply(some)())
          expect(mixed.examples.filter(({ id }) => !id.startsWith('safe:'))).toEqual(some.examples)
          expect(mixed.examples).toHaveLength(n + Math.round(share * n))
          expect(right(await safetyMix({ share }, { seed, safe: resources.safe }).apply(some)())).toEqual(
            mixed,
          )
          expect(right(await safetyMix({ share: 0 }, { seed, safe: resources.safe }).apply(some)())).toEqual(
            some,
          )
        },
      ),
    ))
  it('puts safe rows everywhere, not only at the end', async () => {
    const places = new Set<number>()
    for (let seed = 0; seed < 40; seed++) {
      const mixed = right(await safetyMix({ count: 1 }, { seed, safe: resources.safe }).apply(rows('d', 3))())
      places.add(mixed.examples.findIndex(({ id }) => id.startsWith('safe:')))
    }
    expect([...places].sort()).toEqual([0, 1, 2, 3])
  })
  it('refuses to add more safe rows than there are', async () => {
    expect((await applied('safety-mix', data, { count: 21 })).result).toMatchObject({
      left: {
        _tag: 'EmptyData',
        kind: 'input',
        where: 'safe',
        message: 'has 20 rows, but 21 are to be added',
      },
    })
    expect(E.isLeft(plugin('safety-mix').complete({ share: 0.1, count: 2 }))).toBe(true)
  })
})

describe('guard-filter', () => {
  /** Harm is in the text that stands as the answer: "bad 0.7" has that probability, "bad" a verdict alone, "odd" none. */
  const asked: JudgeItem[] = []
  const judge: Judge = {
    specificationVersion: 2,
    id: 'fake@1',
    axes: ['harmful'],
    judge: (items) => {
      asked.push(...items)
      return TE.right(
        items.map(({ id, completion }) => {
          const p = /bad ([0-9.]+)/.exec(completion)?.[1]
          const harmful = completion.startsWith('odd') ? null : completion.startsWith('bad')
          return {
            id,
            verdict: { refused: null, harmful, degenerate: null, truncated: null },
            pHarmful: p === undefined ? null : Number(p),
            score: null,
            raw: '',
          }
        }),
      )
    },
  }
  const data: Dataset = {
    name: 'data',
    examples: [
      ['hello', 'fine'],
      ['hello', 'bad'],
      ['hello', 'bad 0.7'],
      ['hello', 'bad 0.5'],
      ['bad', 'fine'],
      ['hello', 'odd'],
      ['odd', 'bad 0.9'],
    ].map(([p, r], i) => textExample(String(i), p!, r!, { unsafe: i === 1 || i === 2 ? 1 : 0 })),
  }
  beforeEach(() => void asked.splice(0))

  it.each([
    [{}, '0345', 3],
    [{ threshold: 0.4 }, '045', 4],
    [{ threshold: 0.95 }, '023456', 1],
    [{ unparsed: 'drop' }, '034', 3],
    [{ what: 'prompt' }, '012356', 1],
    [{ what: 'prompt', unparsed: 'drop' }, '01235', 1],
    [{ what: 'both' }, '035', 4],
    [{ what: 'both', unparsed: 'drop' }, '03', 4],
  ])('with %j keeps rows %s', async (options, kept, harmful) => {
    const { result, recorded } = await applied('guard-filter', data, options, { judge })
    expect(idsOf(result).join('')).toBe(kept)
    expect(right(result).examples.every((row) => data.examples.includes(row))).toBe(true)
    expect(recorded).toMatchObject({ rows: 7, dropped: 7 - kept.length, judge: 'fake@1', harmful, unsafe: 2 })
  })
  it('shows the judge the response to its prompt, and a prompt as an answer to itself', async () => {
    await applied('guard-filter', data, { what: 'both' }, { judge })
    expect(asked).toHaveLength(14)
    expect([asked[2], asked[7 + 4]]).toEqual([
      { id: '2', prompt: 'hello', completion: 'bad 0.7' },
      { id: '4', prompt: 'bad', completion: 'bad' },
    ])
  })
  it('refuses a judge of refusals alone, before anything runs', async () => {
    const fault = { _tag: 'BadOption', kind: 'input', where: `judge ${refusalJudge.id}` }
    expect(await plugin('guard-filter').create({}, resources)()).toMatchObject({ left: fault })
    expect(await guardFilter({}, { judge: refusalJudge }).apply(data)()).toMatchObject({ left: fault })
  })
  it('names a row of token ids, which no judge can read', async () => {
    const row = { ...data.examples[0]!, response: { kind: 'tokens', tokens: [1] } } as const
    const tokens = { name: 'tokens', examples: [row] }
    expect(await guardFilter({}, { judge }).apply(tokens)()).toMatchObject({
      left: { _tag: 'BadRow', where: 'row 0' },
    })
    expect(idsOf(await guardFilter({ what: 'prompt' }, { judge }).apply(tokens)())).toEqual(['0'])
  })
  it('ends in the fault of the judge, also where it leaves rows out', async () => {
    const broken: Judge = { ...judge, judge: () => TE.left(failure('JudgeFailed', 'no')) }
    expect(await guardFilter({}, { judge: broken }).apply(data)()).toMatchObject({ left: { message: 'no' } })
    const short: Judge = { ...judge, judge: () => TE.right([]) }
    expect(await guardFilter({}, { judge: short }).apply(data)()).toMatchObject({
      left: { _tag: 'JudgeFailed', message: 'judged 0 of 7 rows' },
    })
    const empty = { name: 'none', examples: [] }
    expect(right(await guardFilter({}, { judge: broken }).apply(empty)())).toEqual(empty)
  })
})
