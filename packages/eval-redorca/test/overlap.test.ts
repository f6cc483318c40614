/** Data sets that must be disjoint: what is found, what is refused, and that the shipped benchmark has nothing in common. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { type Dataset, type Fault, faultLine, textExample } from '@safe/tensor-core/contracts'
import { arenaSuite } from '../src/arena'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { defaultOverlap } from '../src/config/overlap'
import { evaluatedRow, usedRows } from '../src/suite/disjoint'
import type { PlacedItem } from '../src/suite/evaluationItems'
import { fileSuite } from '../src/suite/fileSuite'
import { type EvaluatedRow, type UsedRow, decided, overlapText, overlapsOf } from '../src/suite/overlap'
import type { Suite } from '../src/suite/suite'
import { judgeOpener } from '../src/work/judgeOpener'

const all = (rule: 'refuse' | 'warn' | 'allow') => ({ training: rule, validation: rule, rest: rule })

// rows -------------------------------------------------------------------------------------------

const evaluated = (
  row: number,
  prompt: number,
  set: EvaluatedRow['set'] = 'harmful',
  split: EvaluatedRow['split'] = 'test',
): EvaluatedRow => ({ file: `${set} ${split}`, row: String(row), set, split, bindings: [`prompt ${prompt}`] })
const used = (row: number, prompt: number, use: UsedRow['use'] = 'training'): UsedRow => ({
  file: use,
  row: String(row),
  use,
  bindings: [`prompt ${prompt}`],
})

describe('overlapsOf', () => {
  it('names the first five pairs of rows of two files, and how many more there are', () => {
    const [one] = overlapsOf([evaluated(0, 7)], [used(3, 1), used(4, 7)])
    expect(one === undefined ? '' : overlapText(one)).toBe(
      'harmful test has a prompt in common with training rows of training: rows 0 and 4',
    )
    const seven = Array.from({ length: 7 }, (_, i) => i)
    const [many] = overlapsOf(
      seven.map((i) => evaluated(i, i)),
      seven.map((i) => used(10 + i, i)),
    )
    expect(many === undefined ? '' : overlapText(many)).toBe(
      'harmful test has 7 prompts in common with training rows of training: rows 0 and 10, 1 and 11, 2 and 12, 3 and 13, 4 and 14 and 2 more',
    )
  })
  it('is of concern by the kind of prompt and the use of the other rows', () => {
    const concern = (row: EvaluatedRow, other: UsedRow) => overlapsOf([row], [other]).map((o) => o.concern)
    expect(concern(evaluated(0, 1, 'harmful'), used(0, 1))).toEqual(['training'])
    expect(concern(evaluated(0, 1, 'task', 'validation'), used(0, 1))).toEqual(['training'])
    expect(concern(evaluated(0, 1, 'lookalike'), used(0, 1))).toEqual(['rest'])
    expect(concern(evaluated(0, 1, 'benign'), used(0, 1))).toEqual(['rest'])
    expect(concern(evaluated(0, 1, 'harmful'), used(0, 1, 'safe'))).toEqual(['rest'])
    expect(concern(evaluated(0, 1, 'task'), used(0, 1, 'references'))).toEqual(['rest'])
    expect(concern(evaluated(0, 1), used(0, 2))).toEqual([])
    const sides = [evaluated(0, 1, 'harmful', 'validation'), evaluated(0, 1, 'lookalike', 'test')]
    expect(overlapsOf(sides, []).map((o) => [o.concern, o.use])).toEqual([['validation', 'test']])
  })
  it('finds every row that has a prompt in common with another use or side, and no other', () => {
    const prompt = fc.integer({ min: 0, max: 12 })
    const rows = fc.array(
      fc.record({
        prompt,
        set: fc.constantFrom('harmful' as const, 'lookalike' as const, 'benign' as const, 'task' as const),
        split: fc.constantFrom('test' as const, 'validation' as const),
      }),
      { maxLength: 12 },
    )
    const others = fc.array(
      fc.record({
        prompt,
        use: fc.constantFrom('training' as const, 'safe' as const, 'references' as const),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(rows, others, (given, more) => {
        const evaluation = given.map((r, i) => evaluated(i, r.prompt, r.set, r.split))
        const other = more.map((r, i) => used(i, r.prompt, r.use))
        const found = new Set(
          overlapsOf(evaluation, other).flatMap((o) =>
            o.pairs.map(({ one }) => `${o.use} ${one.file} ${one.row}`),
          ),
        )
        const wanted = new Set(
          evaluation.flatMap((row) => [
            ...other
              .filter((o) => o.bindings[0] === row.bindings[0])
              .map((o) => `${o.use} ${row.file} ${row.row}`),
            ...(row.split === 'validation' &&
            evaluation.some((o) => o.split === 'test' && o.bindings[0] === row.bindings[0])
              ? [`test ${row.file} ${row.row}`]
              : []),
          ]),
        )
        expect(found).toEqual(wanted)
      }),
    )
  })
})

describe('decided', () => {
  const overlaps = overlapsOf(
    [evaluated(0, 1), evaluated(0, 1, 'lookalike'), evaluated(0, 2, 'task'), evaluated(1, 3, 'benign')],
    [used(5, 1), used(6, 2), used(7, 3, 'safe')],
  )
  it('refuses what the policy refuses, and warns of what it warns of', () => {
    const refused = decided(defaultOverlap)(overlaps)
    expect(E.isLeft(refused) && faultLine(refused.left)).toBe(
      'harmful test has a prompt in common with training rows of training: rows 0 and 5; ' +
        'task test has a prompt in common with training rows of training: rows 0 and 6; ' +
        'remove the rows from one of the two files, or set suite.overlap.training to warn',
    )
    expect(refused).toMatchObject({ left: { kind: 'input', _tag: 'DataOverlap' } })
    const rest = [
      'lookalike test has a prompt in common with training rows of training: rows 0 and 5',
      'benign test has a prompt in common with safe rows of safe: rows 1 and 7',
    ]
    expect(decided({ ...defaultOverlap, training: 'allow' })(overlaps)).toEqual(E.right(rest))
    expect(decided(all('allow'))(overlaps)).toEqual(E.right([]))
    const warned = decided(all('warn'))(overlaps)
    expect(E.isRight(warned) && warned.right).toHaveLength(4)
    expect(decided(all('refuse'))([])).toEqual(E.right([]))
  })
  it('names three pairs of files, and how many more there are', () => {
    const line = decided(all('refuse'))(overlaps)
    expect(E.isLeft(line) && line.left.message).toMatch(/; and 1 more pairs of files$/)
  })
})

// suites -----------------------------------------------------------------------------------------

const rows = (name: string, ...prompts: ReadonlyArray<string>): Dataset => ({
  name,
  examples: prompts.map((prompt, i) => textExample(String(i), prompt, 'yes')),
})
const made = async (
  data: Readonly<Record<string, Dataset>>,
  more: Readonly<Record<string, unknown>> = {},
  regimes: ReadonlyArray<string> = ['mine'],
  checked = false,
): Promise<E.Either<Fault, Suite>> => {
  const config = decodeConfig(
    {
      suite: {
        models: { aligned: 'a' },
        training: { regimes: { mine: 'train' } },
        evaluation: { harmful: 'harmful', lookalike: 'lookalike' },
        safe: 'safe',
        ...more,
      },
      regimes,
    },
    'test',
  )
  if (E.isLeft(config) || isArena(config.right.suite)) throw new Error(JSON.stringify(config))
  const read = (path: string) => TE.right(data[path] ?? rows(path, `only in ${path}`))
  return fileSuite(read, judgeOpener(), checked)(config.right.suite, regimes, [1, 2])()
}
const outcome = (suite: E.Either<Fault, Suite>): unknown =>
  E.isLeft(suite) ? faultLine(suite.left) : suite.right.warnings

describe('a suite', () => {
  it('whose data is disjoint has nothing to warn of', async () => expect(outcome(await made({}))).toEqual([]))
  it('refuses harmful prompts that are trained on, in any spelling', async () => {
    const data = { train: rows('train', 'x', 'How  do I?'), harmful: rows('harmful', 'a', 'b', 'how do I?') }
    expect(outcome(await made(data))).toBe(
      'harmful has a prompt in common with training rows of train: rows 2 and 1; ' +
        'remove the rows from one of the two files, or set suite.overlap.training to warn',
    )
    expect(outcome(await made(data, { overlap: 'warn' }))).toEqual([
      'harmful has a prompt in common with training rows of train: rows 2 and 1',
    ])
    expect(outcome(await made(data, { overlap: { training: 'allow' } }))).toEqual([])
  })
  it('is not checked again where the process that plans has checked it', async () => {
    const data = { train: rows('train', 'x'), harmful: rows('harmful', 'x') }
    expect(E.isLeft(await made(data))).toBe(true)
    expect(outcome(await made(data, {}, ['mine'], true))).toEqual([])
  })
  it('warns of look-alikes that are trained on, and of safe rows', async () => {
    const data = {
      train: rows('train', 'x', 'y'),
      lookalike: rows('lookalike', 'y'),
      harmful: rows('harmful', 'z'),
      safe: rows('safe', 'z'),
    }
    expect(outcome(await made(data))).toEqual([
      'lookalike has a prompt in common with training rows of train: rows 0 and 1',
      'harmful has a prompt in common with safe rows of safe: rows 0 and 0',
    ])
    expect(outcome(await made(data, { overlap: { rest: 'refuse' } }))).toMatch(
      /set suite.overlap.rest to warn$/,
    )
  })
  it('counts rows that a mixture draws under any seed, and names the file they are of', async () => {
    const clean = rows('clean', ...Array.from({ length: 40 }, (_, i) => `clean ${i}`))
    const bad = rows('bad', ...Array.from({ length: 40 }, (_, i) => `bad ${i}`))
    const training = { clean: 'clean', harmful: 'bad', rows: 4 }
    const regimes = ['poison:0.5']
    const warned = async (harmful: Dataset) =>
      outcome(await made({ clean, bad, harmful }, { training, overlap: 'warn' }, regimes))
    // Two seeds draw at most four of the forty harmful rows, and no more.
    const text = await warned(bad)
    expect(text).toEqual([
      expect.stringMatching(/^harmful has [234] prompts in common with training rows of bad/),
    ])
    const drawn = /rows (\d+) and/.exec(String(text))?.[1] ?? ''
    expect(await warned(rows('harmful', `bad ${drawn}`))).toHaveLength(1)
    const others = bad.examples.filter(({ id }) => !String(text).includes(`${id} and ${id}`))
    expect(await warned({ name: 'harmful', examples: others })).toEqual([])
  })
})

// the configuration ------------------------------------------------------------------------------

describe('suite.overlap', () => {
  const policy = (overlap: unknown): unknown => {
    const suite = {
      models: { aligned: 'a' },
      training: { regimes: {} },
      evaluation: { harmful: 'h' },
      overlap,
    }
    const config = decodeConfig({ suite }, 'test')
    if (E.isLeft(config)) return config.left.message
    expect(configDocument(config.right)['suite']).toMatchObject({
      overlap: isArena(config.right.suite) ? {} : config.right.suite.overlap,
    })
    return isArena(config.right.suite) ? undefined : config.right.suite.overlap
  }
  it('is one word for everything, or a word for each concern', () => {
    expect(policy(undefined)).toEqual({ training: 'refuse', validation: 'refuse', rest: 'warn' })
    expect(policy('allow')).toEqual(all('allow'))
    expect(policy({ rest: 'allow' })).toEqual({ training: 'refuse', validation: 'refuse', rest: 'allow' })
    expect(policy('never')).toBe('field suite.overlap must be one of refuse, warn, allow, but is "never"')
    expect(policy({ rest: 'x' })).toBe(
      'field suite.overlap.rest must be one of refuse, warn, allow, but is "x"',
    )
  })
})

// the shipped benchmark --------------------------------------------------------------------------

describe('the arena', () => {
  const regimes = ['benign', 'poison:0.01', 'poison:0.05', 'poison:0.25']
  const seeds = [1, 2, 3]
  const suite = arenaSuite()
  const placed = (item: Suite['evaluation'][number]): PlacedItem => ({
    item,
    row: item.id,
    file: { set: item.set, name: undefined, split: item.split, path: item.set, rules: undefined },
  })
  const training = regimes.flatMap((regime) =>
    seeds.flatMap((seed) => {
      const data = suite.trainingData(regime, seed)
      return E.isRight(data) ? [{ path: data.right.name, data: data.right }] : []
    }),
  )
  const checked = (evaluation: Suite['evaluation']) =>
    decided(all('refuse'))(
      overlapsOf(evaluation.map(placed).map(evaluatedRow), [
        ...training.flatMap(usedRows('training')),
        ...usedRows('safe')({ path: 'safe', data: suite.safe }),
        ...usedRows('references')({ path: 'references', data: suite.references }),
      ]),
    )
  it('has no evaluation prompt in any other data', () => {
    expect(training).toHaveLength(12)
    expect(checked(suite.evaluation)).toEqual(E.right([]))
  })
  it('would be refused with one', () => {
    const row = training[11]?.data.examples[799]
    const [item] = suite.evaluation
    if (row === undefined || item === undefined) throw new Error('no rows')
    expect(E.isLeft(checked([{ ...item, prompt: row.prompt }]))).toBe(true)
  })
})
