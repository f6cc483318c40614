/** The command line on a real model folder, against a plain torch run of the same algorithm (tools/golden/dualselect.py). */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import type { LoraAdapter } from '@safe/tensor-core/contracts'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { type DualSelectOptions, type ScoreRow, type SelectionRow, dualSelect } from '../src'
import { dualselectBinary } from '../src/cli/binary'

const folder = join(__dirname, 'golden', 'llama')
const model = join(folder, 'model')
const init = join(folder, 'init')
const files = ['--task', join(folder, 'task.jsonl'), '--references', join(folder, 'references.jsonl')]
const work = mkdtempSync(join(tmpdir(), 'dualselect-'))

interface Expected {
  readonly plan: { readonly batchSize: number; readonly epochs: number; readonly lr: number }
  readonly cases: {
    readonly options: Partial<DualSelectOptions>
    /** Where kl is measured from; by default the model as training starts. */
    readonly origin?: string
    readonly selections: SelectionRow[]
    readonly gradNorms: number[]
    readonly update: Record<string, number[]>
  }[]
}
const golden = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected

const kebab = (name: string): string => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
const lines = <A>(path: string): A[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as A)

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(dualselectBinary, [...argv, '--engine', 'wasm', '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}

const adapterIn = async (dir: string): Promise<LoraAdapter> => {
  const read = await readAdapter(dir)()
  if (read._tag === 'Left') throw new Error(read.left.message)
  return read.right
}

const recipe = [
  ...['--lr', String(golden.plan.lr), '--epochs', String(golden.plan.epochs)],
  ...['--batch-size', String(golden.plan.batchSize), '--no-shuffle'],
]

describe('train against torch', () => {
  it.each(golden.cases.map((c, i) => [JSON.stringify([c.options, c.origin]), i, c] as const))(
    '%s',
    async (_, i, expected) => {
      const [out, selections, log] = [`a${i}`, `s${i}.jsonl`, `l${i}.jsonl`].map((x) => join(work, x))
      const options = Object.entries(expected.options).flatMap(([k, v]) => [`--${kebab(k)}`, String(v)])
      const origin = expected.origin === undefined ? [] : ['--origin', expected.origin]
      const logs = ['--selection-log', selections!, '--log', log!]
      const done = await run(
        ...['train', '--model', model, '--init-adapter', init, ...files, '--out', out!, '--dropout', '0'],
        ...[...recipe, ...options, ...origin, ...logs],
      )
      expect(done).toMatchObject({ code: 0, err: '' })
      const rows = lines<SelectionRow>(selections!)
      expect(rows.map((r) => [r.kind, r.epoch, r.step, r.indices])).toEqual(
        expected.selections.map((r) => [r.kind, r.epoch, r.step, r.indices]),
      )
      rows.forEach((r, k) => {
        for (const part of ['weights', 'losses', 'cosines'] as const)
          r[part].forEach((x, j) =>
            expect(Math.abs(x! - expected.selections[k]![part][j]!)).toBeLessThan(1e-3),
          )
      })
      lines<{ gradNorm: number }>(log!).forEach((r, k) =>
        expect(r.gradNorm / expected.gradNorms[k]!).toBeCloseTo(1, 4),
      )
      const [before, after] = [await adapterIn(init), await adapterIn(out!)]
      const sum = { difference: 0, update: 0 }
      for (const m of before.modules)
        for (const [key, side] of [
          ['lora_A', 'A'],
          ['lora_B', 'B'],
        ] as const) {
          const update = expected.update[`base_model.model.${m.name}.${key}.weight`]!
          const now = after.modules.find((x) => x.name === m.name)![side].data
          m[side].data.forEach((x, j) => {
            sum.difference += (now[j]! - x - update[j]!) ** 2
            sum.update += update[j]! ** 2
          })
        }
      expect(Math.sqrt(sum.difference / sum.update)).toBeLessThan(1e-4)
    },
  )
})

describe('train', () => {
  it('with rho 0 and no filter writes the adapter that plain training writes, bit for bit', async () => {
    const out = join(work, 'plain')
    const options = [
      '--rho',
      '0',
      '--task-filter',
      'none',
      '--lr',
      '0.01',
      '--batch-size',
      '4',
      '--rank',
      '4',
    ]
    expect(await run('train', '--model', model, ...files, '--out', out, ...options)).toMatchObject({
      code: 0,
    })
    const data = await readDataset(join(folder, 'task.jsonl'))()
    if (data._tag === 'Left') throw new Error(data.left.message)
    const plain = await trainAdapter({
      model,
      data: data.right,
      recipe: { ...recipeDefaults, lr: 0.01, batchSize: 4, rank: 4, maxLength: 2048 },
      seed: 42,
    })()
    if (plain._tag === 'Left') throw new Error(plain.left.message)
    const written = await adapterIn(out)
    plain.right.modules.forEach((m, i) => {
      expect(written.modules[i]!.A.data).toEqual(m.A.data)
      expect(written.modules[i]!.B.data).toEqual(m.B.data)
    })
  })

  it('continues from a checkpoint as if it had never stopped, dropout and all, and leaves no tensor', async () => {
    await selectEngine('wasm')()
    const [data, references] = await Promise.all(
      ['task', 'references'].map((name) => readDataset(join(folder, `${name}.jsonl`))()),
    )
    if (data?._tag !== 'Right' || references?._tag !== 'Right') throw new Error('golden rows')
    const tensors = tf.memory().numTensors
    const train = async (out: string, stopAfter?: number, resume = false) => {
      const abort = new AbortController()
      return trainAdapter({
        model,
        data: data.right,
        recipe: { ...recipeDefaults, rank: 4, lr: 0.01, batchSize: 5, epochs: 2 },
        seed: 1,
        defence: dualSelect(
          { mode: 'soft', warmupSteps: 3, kRef: 4, kTask: 3, refresh: 4 },
          { references: references.right },
        ),
        out: join(work, out),
        ruleLog: join(work, `${out}.jsonl`),
        checkpointEvery: 2,
        resume,
        signal: abort.signal,
        onStep: ({ step }) => {
          if (step === stopAfter) abort.abort()
        },
      })()
    }
    const whole = await train('whole')
    if (whole._tag === 'Left') throw new Error(whole.left.message)
    for (const stop of [1, 6]) {
      expect(await train(`part${stop}`, stop)).toMatchObject({ left: { kind: 'interrupted' } })
      const rest = await train(`part${stop}`, undefined, true)
      if (rest._tag === 'Left') throw new Error(rest.left.message)
      expect(rest.right.modules).toEqual(whole.right.modules)
      expect(lines(join(work, `part${stop}.jsonl`))).toEqual(lines(join(work, 'whole.jsonl')))
    }
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('--resume on a finished folder names the option that differs, of the method or of training', async () => {
    const out = join(work, 'again')
    const options = [
      ...['--model', model, ...files, '--out', out, '--max-steps', '2', '--warmup-steps', '1'],
      ...['--k-ref', '4', '--k-task', '2'],
    ]
    expect(await run('train', ...options)).toMatchObject({ code: 0, err: '' })
    const before = (await adapterIn(out)).modules
    expect(await run('train', ...options, '--resume')).toMatchObject({ code: 0, err: '' })
    for (const [argv, message] of [
      [['--k-ref', '5'], '--k-ref 4, this one has 5'],
      [['--warmup-steps', '0'], '--warmup-steps 1, this one has 0'],
      [['--lr-warmup-steps', '3'], '--lr-warmup-steps 0, this one has 3'],
      [['--mode', 'soft'], '--mode "hard", this one has "soft"'],
      [['--references', join(folder, 'task.jsonl')], 'another --references'],
    ] as const) {
      const said = await run('train', ...options, '--resume', ...argv)
      expect([said.code, said.err]).toEqual([2, expect.stringContaining(`holds a run with ${message}`)])
    }
    expect((await adapterIn(out)).modules).toEqual(before)
  })
})

describe('score', () => {
  it('writes a row for every reference and every task row', async () => {
    const out = join(work, 'scores.jsonl')
    const options = ['--k-ref', '10%', '--k-task', '2', '--batch-size', '5', '--mode', 'soft', '--json']
    const done = await run('score', '--model', model, '--adapter', init, ...files, '--out', out, ...options)
    expect(done).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(done.out)).toMatchObject({
      references: { rows: 20, selected: 2 },
      task: { rows: 22, selected: 10 },
    })
    const rows = lines<ScoreRow>(out)
    expect(rows.map((r) => r.kind)).toEqual([
      ...Array.from({ length: 20 }, () => 'reference'),
      ...Array.from({ length: 22 }, () => 'task'),
    ])
    expect(Object.keys(rows[0]!)).toEqual([
      'kind',
      'index',
      'id',
      'loss',
      'cosine',
      'score',
      'weight',
      'selected',
    ])
    expect(rows.at(-1)).toMatchObject({ batch: 4, index: 21, id: '21' })
  })
})

describe('bad input', () => {
  const empty = join(work, 'empty.jsonl')
  writeFileSync(empty, '')
  const broken = join(work, 'broken.jsonl')
  writeFileSync(broken, '{"promptTokens":[1],"responseTokens":[2]}\n{"promptTokens":[1\n')
  const foreign = join(work, 'foreign.jsonl')
  writeFileSync(foreign, '{"promptTokens":[1],"responseTokens":[4800]}\n')
  const silent = join(work, 'silent.jsonl')
  writeFileSync(silent, '{"promptTokens":[1],"responseTokens":[]}\n')
  const text = join(work, 'text.jsonl')
  writeFileSync(text, '{"prompt":"a","response":"b"}\n')
  const task = join(folder, 'task.jsonl')
  const basic = (references: string): string[] => [
    '--model',
    model,
    '--task',
    task,
    '--references',
    references,
  ]

  it.each([
    [['train', '--model', '/missing', ...files], '/missing'],
    [['train', ...basic('/missing.jsonl')], '/missing.jsonl'],
    [['train', ...basic(empty)], 'empty.jsonl'],
    [['train', ...basic(broken)], 'broken.jsonl:2'],
    [['train', ...basic(foreign)], "the model's vocabulary has 48"],
    [['train', ...basic(silent)], 'holds no row with a response token'],
    [['train', ...basic(text)], 'tokenizer'],
    [['train', ...basic(task), '--k-ref', '0'], '--k-ref must be'],
    [['train', ...basic(task), '--refresh', 'never'], '--refresh must be epoch or a whole number'],
    [['train', ...basic(task), '--reference-loss', 'mse'], '--reference-loss must be one of nll'],
    [['train', ...basic(task), '--reference-loss', 'kl', '--warmup-steps', '0'], 'needs a warm-up'],
    [['score', ...basic(task), '--reference-loss', 'kl'], 'is zero for every reference before training'],
    [['train', ...basic(task), '--loss', 'token'], '--loss token'],
    [['train', ...basic(task), '--log', task], 'is used twice'],
    [['train', ...basic(task), '--init-adapter', '/missing'], '/missing'],
    [['score', ...basic(task), '--adapter', '/missing'], '/missing'],
    [['score', ...basic(task), '--token-budget', '0'], '--token-budget must be a number, above 0'],
  ])('%j: one line, exit 2, nothing written', async (argv, said) => {
    const out = join(work, 'refused')
    const { code, err } = await run(...argv, '--out', out)
    expect(err).toContain(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(out)).toBe(false)
  })

  it('an existing target is refused', async () => {
    const { code, err } = await run('score', ...basic(task), '--out', task)
    expect(code).toBe(2)
    expect(err).toContain('exists already')
  })
})
