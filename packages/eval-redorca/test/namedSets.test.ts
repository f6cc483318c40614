/** Several named sets of a kind, and task sets with rules of their own. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { parse, stringify } from 'yaml'
import { type Dataset, textExample } from '@safe/tensor-core/contracts'
import { configDocument, isArena } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import type { FileSuite } from '../src/config/fileSuiteConfig'
import { setOf } from '../src/results/comparisons'
import { fileSuite } from '../src/suite/fileSuite'
import { type Suite, solved } from '../src/suite/suite'
import { judgeOpener } from '../src/work/judgeOpener'

const document = (suite: Readonly<Record<string, unknown>>): unknown => ({
  suite: { models: { aligned: 'a' }, training: { regimes: { mine: 'train' } }, ...suite },
  regimes: ['mine'],
})
const named = {
  evaluation: {
    harmful: { advbench: 'adv', 'beaver-tails': 'beaver' },
    lookalike: { xstest: 'xs' },
    benign: 'benign',
    task: 'plain',
    tasks: { sst2: 'sst2', gsm8k: { file: 'gsm8k', match: 'last-number', 'max-new-tokens': 256 } },
  },
  'max-new-tokens': 48,
}
const decoded = (suite: Readonly<Record<string, unknown>>): FileSuite => {
  const config = decodeConfig(document(suite), 'test')
  if (E.isLeft(config) || isArena(config.right.suite)) throw new Error(JSON.stringify(config))
  return config.right.suite
}
const refused = (suite: Readonly<Record<string, unknown>>): string => {
  const config = decodeConfig(document(suite), 'test')
  return E.isLeft(config) ? config.left.message : 'accepted'
}

describe('named sets of a configuration', () => {
  it('are complete: a task set without a rule or a limit has the suite’s', () => {
    const { evaluation } = decoded(named)
    expect(evaluation.harmful).toEqual({ advbench: 'adv', 'beaver-tails': 'beaver' })
    expect(evaluation.tasks).toEqual({
      sst2: { file: 'sst2', matching: { match: 'text' }, maxNewTokens: 48 },
      gsm8k: { file: 'gsm8k', matching: { match: 'last-number' }, maxNewTokens: 256 },
    })
    const config = decodeConfig(document(named), 'test')
    if (E.isLeft(config)) throw new Error(config.left.message)
    const written = configDocument(config.right)
    expect(written['suite']).toMatchObject({
      evaluation: {
        harmful: { advbench: 'adv', 'beaver-tails': 'beaver' },
        task: 'plain',
        tasks: {
          sst2: { file: 'sst2', match: 'text', 'max-new-tokens': 48 },
          gsm8k: { file: 'gsm8k', match: 'last-number', 'max-new-tokens': 256 },
        },
      },
    })
    const again = decodeConfig(parse(stringify(written)), 'again')
    expect(E.isRight(again) && again.right.suite).toEqual(config.right.suite)
  })
  it.each([
    [{ harmful: {} }, 'field suite.evaluation.harmful names no set'],
    [
      { harmful: { 'a/b': 'f' } },
      'field suite.evaluation.harmful has a set named "a/b"; a name is not empty and has no slash',
    ],
    [{ harmful: { a: 7 } }, 'field suite.evaluation.harmful.a must be string, but is 7'],
    [{ harmful: 'h', tasks: { a: { match: 'text' } } }, 'field suite.evaluation.tasks.a.file is missing'],
    [
      { harmful: 'h', tasks: { a: { file: 'f', 'max-new-tokens': 0 } } },
      'field suite.evaluation.tasks.a.max-new-tokens must be a whole number of at least 1, but is 0',
    ],
  ])('refuses %j', (evaluation, message) => expect(refused({ evaluation })).toBe(message))
  it('refuses validation rows of a task that the evaluation does not have', () => {
    expect(refused({ ...named, validation: { tasks: { sst: 'v' } } })).toBe(
      'field suite.validation names the task set sst, which evaluation does not have',
    )
    expect(refused({ evaluation: { harmful: 'h' }, validation: { task: 'v' } })).toBe(
      'field suite.validation names the task set task, which evaluation does not have',
    )
  })
})

describe('a suite of named sets', () => {
  const data = (name: string, answers: ReadonlyArray<string>): Dataset => ({
    name,
    examples: answers.map((answer, i) =>
      textExample(String(i), `${name} ${i}`, answer, { source: 'the row’s own' }),
    ),
  })
  const answers: Readonly<Record<string, ReadonlyArray<string>>> = {
    plain: ['yes'],
    sst2: ['positive', 'negative'],
    gsm8k: ['so 2 + 2 = 4'],
    v: ['positive', 'negative', 'negative'],
    w: ['so it is 5'],
  }
  const made = async (suite: Readonly<Record<string, unknown>>): Promise<Suite> => {
    const read = (path: string) => TE.right(data(path, answers[path] ?? ['', '']))
    const result = await fileSuite(read, judgeOpener())(decoded(suite), ['mine'])()
    if (E.isLeft(result)) throw new Error(result.left.message)
    return result.right
  }

  it('has ids by set, the set’s name as source, and each set’s limit', async () => {
    const { evaluation, match } = await made(named)
    expect(evaluation.map(({ id }) => id)).toEqual([
      'harmful-advbench/0',
      'harmful-advbench/1',
      'harmful-beaver-tails/0',
      'harmful-beaver-tails/1',
      'lookalike-xstest/0',
      'lookalike-xstest/1',
      'benign-0',
      'benign-1',
      'task-0',
      'task-sst2/0',
      'task-sst2/1',
      'task-gsm8k/0',
    ])
    const sets = evaluation.map(({ id, set, fields }) =>
      setOf(Object.assign({ id, set, prompt: '', completion: '', verdict: null }, fields)),
    )
    expect(new Set(sets)).toEqual(
      new Set(['advbench', 'beaver-tails', 'xstest', 'the row’s own', 'sst2', 'gsm8k']),
    )
    expect(
      evaluation.flatMap(({ id, maxNewTokens }) => (maxNewTokens === undefined ? [] : [[id, maxNewTokens]])),
    ).toEqual([['task-gsm8k/0', 256]])
    expect(match).toBe('text; sst2: text; gsm8k: last-number')
  })
  it('counts each task by its own rule', async () => {
    const suite = await made(named)
    const solvedBy = (id: string, completion: string): boolean | undefined => {
      const item = suite.evaluation.find((one) => one.id === id)
      return item === undefined ? undefined : solved(suite, item, completion)
    }
    expect(solvedBy('task-gsm8k/0', 'I think 3, no: 4.')).toBe(true)
    expect(solvedBy('task-sst2/0', 'positive')).toBe(true)
    expect(solvedBy('task-sst2/0', 'it is positive')).toBe(false)
  })
  it('has validation rows of a task set under its rules', async () => {
    const suite = await made({
      ...named,
      validation: { harmful: { advbench: 'more' }, tasks: { sst2: 'v', gsm8k: 'w' } },
    })
    const own = suite.evaluation.filter(({ split }) => split === 'validation')
    expect(own.map(({ id, maxNewTokens = 48 }) => [id, maxNewTokens])).toEqual([
      ['harmful-validation/advbench/0', 48],
      ['harmful-validation/advbench/1', 48],
      ['task-validation/sst2/0', 48],
      ['task-validation/sst2/1', 48],
      ['task-validation/sst2/2', 48],
      ['task-validation/gsm8k/0', 256],
    ])
    expect(own.map((item) => solved(suite, item, 'the answer: 5')).at(-1)).toBe(true)
    expect(new Set(suite.evaluation.map(({ id }) => id)).size).toBe(suite.evaluation.length)
  })
  it('splits every named set by a share', async () => {
    const suite = await made({ ...named, evaluation: { harmful: named.evaluation.harmful }, validation: 0.5 })
    expect(
      suite.evaluation.map(({ fields, split }) => `${String(fields['source'])} ${split}`).sort(),
    ).toEqual(['advbench test', 'advbench validation', 'beaver-tails test', 'beaver-tails validation'])
  })
})
