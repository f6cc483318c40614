/** Rules of task sets: how a configuration gives them, what their rows must have, and what counts. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { parse, stringify } from 'yaml'
import { type Example, type Fault, faultLine, textExample } from '@safe/tensor-core/contracts'
import { configDocument, isArena } from '../../src/config/config'
import { decodeConfig } from '../../src/config/configCodec'
import { fileSuite } from '../../src/suite/fileSuite'
import { samplesFrom } from '../../src/suite/samples'
import { type Suite, solved } from '../../src/suite/suite'
import { judgeOpener } from '../../src/work/judgeOpener'

const document = (suite: Readonly<Record<string, unknown>>): unknown => ({
  suite: { models: { aligned: 'a' }, training: { regimes: { mine: 'train' } }, ...suite },
  regimes: ['mine'],
})
const task = (rules: Readonly<Record<string, unknown>>) => ({
  evaluation: { harmful: 'h', tasks: { one: { file: 'rows', ...rules } } },
})
const decoded = (suite: Readonly<Record<string, unknown>>) => {
  const config = decodeConfig(document(suite), 'test')
  if (E.isLeft(config)) return config.left.message
  if (isArena(config.right.suite)) throw new Error('no suite')
  const again = decodeConfig(parse(stringify(configDocument(config.right))), 'again')
  expect(E.isRight(again) && again.right.suite).toEqual(config.right.suite)
  return config.right.suite
}
const ruleIn = (suite: Readonly<Record<string, unknown>>): unknown => {
  const made = decoded(suite)
  return typeof made === 'string' ? made : (made.evaluation.tasks?.['one']?.matching ?? made.matching)
}

describe('the rule of a task set', () => {
  it.each([
    [{}, { match: 'text' }],
    [{ match: 'last-number' }, { match: 'last-number' }],
    [{ match: 'label' }, { match: 'label', labels: undefined }],
    [
      { match: 'label', labels: ['yes', 'no'] },
      { match: 'label', labels: ['yes', 'no'] },
    ],
    [{ match: 'choice' }, { match: 'choice', labels: undefined, perToken: false }],
    [
      { match: 'choice', labels: ['yes', 'no'], 'per-token': true },
      { match: 'choice', labels: ['yes', 'no'], perToken: true },
    ],
    [{ match: 'rouge' }, { match: 'rouge', threshold: 0.5 }],
    [
      { match: 'rouge', threshold: 0.3 },
      { match: 'rouge', threshold: 0.3 },
    ],
  ])('%j is complete', (rules, matching) => {
    expect(ruleIn(task(rules))).toEqual(matching)
    expect(ruleIn({ evaluation: { harmful: 'h', task: 'rows' }, ...rules })).toEqual(matching)
  })
  it('is the suite’s where the set names none, with the options that the set leaves out', () => {
    const suite = { match: 'label', labels: ['a', 'b'] }
    expect(ruleIn({ ...suite, ...task({}) })).toEqual({ match: 'label', labels: ['a', 'b'] })
    expect(ruleIn({ ...suite, ...task({ labels: ['c', 'd'] }) })).toEqual({
      match: 'label',
      labels: ['c', 'd'],
    })
    expect(ruleIn({ ...suite, ...task({ match: 'label' }) })).toEqual({ match: 'label', labels: undefined })
    expect(ruleIn({ match: 'choice', 'per-token': true, ...task({ labels: ['c', 'd'] }) })).toEqual({
      match: 'choice',
      labels: ['c', 'd'],
      perToken: true,
    })
    expect(ruleIn({ match: 'rouge', threshold: 0.2, ...task({ match: 'text' }) })).toEqual({ match: 'text' })
  })
  it.each([
    [
      { match: 'exact' },
      'field suite.evaluation.tasks.one.match must be one of text, label, last-number, choice, rouge, but is "exact"',
    ],
    [
      { labels: ['a', 'b'] },
      'field suite.evaluation.tasks.one.labels is not read by match: text, only by label and choice',
    ],
    [
      { match: 'label', 'per-token': true },
      'field suite.evaluation.tasks.one.per-token is not read by match: label, only by choice',
    ],
    [
      { match: 'label', labels: ['a', 'A '] },
      'field suite.evaluation.tasks.one.labels must be a list of different labels, at least two, but is ["a","A "]',
    ],
    [
      { match: 'rouge', threshold: 0 },
      'field suite.evaluation.tasks.one.threshold must be a number above 0 and up to 1, but is 0',
    ],
  ])('refuses %j', (rules, message) => expect(decoded(task(rules))).toBe(message))
  it('of the suite refuses a stray option as well', () =>
    expect(decoded({ evaluation: { harmful: 'h' }, threshold: 0.2 })).toBe(
      'field suite.threshold is not read by match: text, only by rouge',
    ))
})

// suites -----------------------------------------------------------------------------------------

const row = (id: string, response: string, fields: Readonly<Record<string, unknown>> = {}): Example =>
  textExample(id, `ask ${id}`, response, fields)

const made = async (
  rules: Readonly<Record<string, unknown>>,
  rows: ReadonlyArray<Example>,
): Promise<E.Either<Fault, Suite>> => {
  const suite = decoded(task(rules))
  if (typeof suite === 'string') throw new Error(suite)
  const read = (path: string) =>
    TE.right({ name: path, examples: path === 'rows' ? rows : [textExample('0', path, '')] })
  return fileSuite(read, judgeOpener())(suite, ['mine'])()
}
const suiteOf = async (rules: Readonly<Record<string, unknown>>, rows: ReadonlyArray<Example>) => {
  const suite = await made(rules, rows)
  if (E.isLeft(suite)) throw new Error(faultLine(suite.left))
  return suite.right
}
/** Whether each completion solves the first task row. */
const solvedBy = (suite: Suite, ...completions: ReadonlyArray<string>): ReadonlyArray<boolean> => {
  const item = suite.evaluation.find(({ set }) => set === 'task')
  return completions.map((completion) => item !== undefined && solved(suite, item, completion))
}

describe('a suite with a rule', () => {
  it('label counts the first label of the completion against that of the reference', async () => {
    const suite = await suiteOf({ match: 'label', labels: ['negative', 'positive'] }, [row('0', 'Positive.')])
    expect(
      solvedBy(suite, 'positive', 'I say: POSITIVE, not negative', 'negative', 'positively', ''),
    ).toEqual([true, true, false, false, false])
    expect(suite.match).toBe('one: label ["negative","positive"]')
  })
  it('label takes its labels from the references where none are given', async () => {
    const suite = await suiteOf({ match: 'label' }, [
      row('0', 'World'),
      row('1', 'Sports'),
      row('2', ' world '),
    ])
    expect(suite.match).toBe('one: label ["World","Sports"]')
    expect(solvedBy(suite, 'sports and the world', 'the world of sports')).toEqual([false, true])
  })
  it('reads labels by their place, as test sets have them', async () => {
    const suite = await suiteOf({ match: 'label', labels: ['negative', 'positive'] }, [
      row('0', '', { label: 1 }),
      row('1', '', { label: 0 }),
      row('2', '', { label: 'positive' }),
    ])
    expect(suite.evaluation.flatMap(({ reference }) => reference ?? [])).toEqual([
      'positive',
      'negative',
      'positive',
    ])
  })
  it('reads places that a table has as text, unless they are labels themselves', async () => {
    const references = async (labels: ReadonlyArray<string>) =>
      (await suiteOf({ match: 'label', labels }, [row('0', '', { label: '1' })])).evaluation.flatMap(
        ({ reference }) => reference ?? [],
      )
    expect(await references(['negative', 'positive'])).toEqual(['positive'])
    expect(await references(['1', '2'])).toEqual(['1'])
  })
  it('choice does not take labels from rows that list their own candidates', async () => {
    const many = Array.from({ length: 300 }, (_, i) => row(String(i), `a${i}`, { choices: [`a${i}`, 'b'] }))
    expect((await suiteOf({ match: 'choice' }, many)).match).toBe('one: choice')
    const texts = await made({ match: 'label' }, many)
    expect(E.isLeft(texts) && faultLine(texts.left)).toBe(
      'rows: states 300 different answers, too many to be labels; give labels, or a rule other than match: label',
    )
  })
  it('choice has candidates: the labels, or a row’s own', async () => {
    const suite = await suiteOf({ match: 'choice', labels: ['yes', 'no'], 'per-token': true }, [
      row('0', 'No'),
      row('1', 'a tree', { choices: ['a stone', 'a tree', 'a bird'] }),
      row('2', '', { choices: ['red', 'blue'], label: 0 }),
    ])
    expect(
      suite.evaluation
        .filter(({ set }) => set === 'task')
        .map(({ choice, reference }) => [choice, reference]),
    ).toEqual([
      [{ among: ['yes', 'no'], perToken: true }, 'no'],
      [{ among: ['a stone', 'a tree', 'a bird'], perToken: true }, 'a tree'],
      [{ among: ['red', 'blue'], perToken: true }, 'red'],
    ])
    expect(solvedBy(suite, 'no', 'yes')).toEqual([true, false])
  })
  it('rouge counts from its threshold on', async () => {
    const rows = [row('0', 'the cat sat on the mat')]
    expect(solvedBy(await suiteOf({ match: 'rouge' }, rows), 'a cat sat there', 'a dog', '')).toEqual([
      false,
      false,
      false,
    ])
    expect(solvedBy(await suiteOf({ match: 'rouge', threshold: 0.4 }, rows), 'a cat sat there')).toEqual([
      true,
    ])
  })
  it('stores what was solved, so that samples need no rule', async () => {
    const suite = await suiteOf({ match: 'last-number' }, [row('0', '#### 72')])
    const item = suite.evaluation.find(({ set }) => set === 'task')
    if (item === undefined) throw new Error('no task')
    const [sample] = samplesFrom(suite)([{ item, completion: { text: 'so 72', finishReason: 'stop' } }], [])
    expect(sample).toMatchObject({ reference: '#### 72', correct: true, completion: 'so 72', source: 'one' })
  })
  it.each([
    [
      {},
      row('7', ''),
      'rows, row 7: states no right answer; give every task row a response, or a field label',
    ],
    [
      {},
      row('7', '', { label: 1 }),
      'rows, row 7: states the answer by its place (label: 1), which match: text cannot read; set match to label or choice, with labels',
    ],
    [
      { match: 'label', labels: ['a', 'b'] },
      row('7', 'c'),
      'rows, row 7: states the answer "c"; the labels are ["a","b"]; give at least two labels, among them the answer of every row',
    ],
    [
      { match: 'label', labels: ['a', 'b'] },
      row('7', '', { label: 2 }),
      'rows, row 7: states the answer 2; the labels are ["a","b"]; give at least two labels, among them the answer of every row',
    ],
    [
      { match: 'choice' },
      row('7', 'c'),
      'rows, row 7: states the answer "c"; the labels are ["c"]; give at least two labels, among them the answer of every row',
    ],
  ])('%j refuses a row that it cannot count', async (rules, bad, line) => {
    const suite = await made(rules, [bad])
    expect(E.isLeft(suite) && faultLine(suite.left)).toBe(line)
  })
})
