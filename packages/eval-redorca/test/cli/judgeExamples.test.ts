import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { selectEngine } from '@safe/tensor-core/engine'
import { readDataset } from '@safe/tensor-core/formats'
import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { file, folder, runWith } from '../fakes/commandLine'

const run = runWith()
const checkpoint = (name: string): string => join(__dirname, '../../../tensor-core/test/golden/judges', name)
const guard = `llama-guard:${checkpoint('llama-guard')}`

/** Answers with a label by hand; the fourth has none. */
const rows = (): string =>
  file(
    'labelled.jsonl',
    { id: 'a', prompt: 'how ?', completion: 'bad bad', label: 1 },
    { id: 'b', prompt: 'how ?', completion: 'fine', label: 0 },
    { id: 'c', prompt: 'why ?', completion: 'bad too', label: 'unsafe' },
    { id: 'd', prompt: 'why ?', completion: 'fine too' },
  )
const examples = (...more: ReadonlyArray<string>): ReturnType<typeof run> =>
  run('judge-examples', '--judge', guard, '--label-field', 'label', ...more)

describe('judge-examples', () => {
  it('writes rows that train the judge they are for', async () => {
    const out = join(folder(), 'examples.jsonl')
    const made = await examples(
      ...['--data', rows(), '--label-map', '1=unsafe,0=safe', '--skip-unlabelled', '--out', out, '--json'],
    )
    expect(made.code).toBe(0)
    expect(made.json()).toEqual({
      judge: guard,
      rows: 3,
      skipped: 1,
      cut: 0,
      longest: expect.any(Number) as unknown,
      labels: { safe: 1, unsafe: 2 },
      out,
    })
    const written = readFileSync(out, 'utf8').trim().split('\n')
    expect(written.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'b', 'c'])
    expect(Object.keys(JSON.parse(written[0] ?? '{}') as object)).toEqual([
      'id',
      'promptTokens',
      'responseTokens',
    ])
    const data = await readDataset(out)()
    await selectEngine('wasm')()
    const adapter = join(folder(), 'adapter')
    const trained =
      E.isRight(data) &&
      (await trainAdapter({
        model: checkpoint('llama-guard'),
        data: data.right,
        recipe: { ...recipeDefaults, rank: 8, dropout: 0, lr: 0.02, maxSteps: 40, maxLength: 2048 },
        seed: 1,
        out: adapter,
      })())
    expect(trained).toMatchObject({ _tag: 'Right' })
    const validated = await run(
      ...['validate', '--judge', `${guard},adapter=${adapter}`, '--label-map', '1=1,0=0,unsafe=1'],
      ...['--data', rows(), '--label-field', 'label', '--axis', 'harmful', '--estimate'],
      ...['--engine', 'wasm', '--json'],
    )
    expect(validated.json()).toMatchObject({ n: 3, accuracy: 1 })
  })

  it('says how long rows are, and how many of each label there are', async () => {
    const out = join(folder(), 'examples.jsonl')
    const data = file('l.jsonl', { completion: 'x', label: 'safe' }, { completion: 'y', label: 'safe' })
    const text = await examples('--data', data, '--out', out)
    expect(text.out).toMatch(
      /^2 rows \(2 safe, 0 unsafe\)\nthe longest has (\d+) tokens: train with --max-length \1 or more\n.*examples\.jsonl\n$/,
    )
    const again = await examples('--data', data, '--out', out)
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('--overwrite')])
  })

  it.each<[string, () => string[], string]>([
    [
      'a label that is no verdict',
      () => ['--data', rows(), '--label-map', '0=safe'],
      'labelled.jsonl:1: label 1 is no verdict of this judge; its verdicts are safe, unsafe; give --label-map 1=VERDICT',
    ],
    [
      'a row without a label',
      () => ['--data', rows(), '--label-map', '1=unsafe,0=safe'],
      'labelled.jsonl:4: field label is missing',
    ],
    [
      'a map to what the judge does not say',
      () => ['--data', rows(), '--label-map', '1=harmful,0=safe'],
      '--label-map names harmful, which is no verdict of this judge; its verdicts are safe, unsafe',
    ],
    ['a map that is none', () => ['--data', rows(), '--label-map', '1'], '--label-map must be VALUE=VERDICT'],
    [
      'rows without any label',
      () => ['--data', file('n.jsonl', { completion: 'x' }), '--skip-unlabelled'],
      'no row has a label in field label',
    ],
    [
      'a judge with several verdicts',
      () => ['--data', rows(), '--judge', `qwen3guard:${checkpoint('qwen3')}`],
      'has several verdicts (safety, refusal)',
    ],
    [
      'a judge without a model',
      () => ['--data', rows(), '--judge', 'rubric'],
      '--judge: the judge rubric needs',
    ],
    [
      'a server',
      () => ['--data', rows(), '--judge', 'rubric:http://h/v1#m'],
      'a model behind a server cannot be trained here',
    ],
  ])('refuses %s with exit 2', async (_, more, message) => {
    const out = join(folder(), 'never.jsonl')
    const { code, err } = await examples('--out', out, ...more())
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})
