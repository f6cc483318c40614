/** The rivals on a real model folder: against plain torch (tools/golden/dualselect_rivals.py), and stopped and resumed. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dataset, LoraAdapter, TrainingDefence } from '@safe/tensor-core/contracts'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { type TrainingRecipe, recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { dualSelect } from '../../src'
import { type RivalName, rivalNamed } from '../support/rivals'

const folder = join(__dirname, '..', 'golden', 'llama')
const model = join(folder, 'model')
const work = mkdtempSync(join(tmpdir(), 'rivals-'))

interface Golden {
  readonly cases: {
    readonly method: RivalName
    readonly options: Readonly<Record<string, number>>
    readonly plan: {
      readonly batchSize: number
      readonly lr: number
      readonly clip: number
      readonly steps: number
    }
    readonly gradNorms: number[]
    readonly update: Record<string, number[]>
  }[]
}
const golden = JSON.parse(
  readFileSync(join(__dirname, '..', 'golden', 'rivals-llama.json'), 'utf8'),
) as Golden

const rowsOf = async (name: string): Promise<Dataset> => {
  const data = await readDataset(join(folder, `${name}.jsonl`))()
  if (data._tag === 'Left') throw new Error(data.left.message)
  return data.right
}

/** How far the adapter's update is from the expected one, as a share of its norm. */
const distance = (before: LoraAdapter, after: LoraAdapter, update: Record<string, number[]>): number => {
  const sum = { difference: 0, update: 0 }
  for (const m of before.modules)
    for (const [key, side] of [
      ['lora_A', 'A'],
      ['lora_B', 'B'],
    ] as const) {
      const expected = update[`base_model.model.${m.name}.${key}.weight`]!
      const now = after.modules.find((x) => x.name === m.name)![side].data
      m[side].data.forEach((x, j) => {
        sum.difference += (now[j]! - x - expected[j]!) ** 2
        sum.update += expected[j]! ** 2
      })
    }
  return Math.sqrt(sum.difference / sum.update)
}

beforeAll(() => selectEngine('wasm')())

describe('an adapter after 12 steps', () => {
  it.each(golden.cases.map((c) => [c.method, c] as const))('equals that of torch: %s', async (name, c) => {
    const [data, safe, init] = [
      await rowsOf('task'),
      await rowsOf('references'),
      await readAdapter(join(folder, 'init'))(),
    ]
    if (init._tag === 'Left') throw new Error(init.left.message)
    const norms: number[] = []
    const tensors = tf.memory().numTensors
    const trained = await trainAdapter({
      model,
      data,
      init: init.right,
      seed: 1,
      recipe: {
        ...recipeDefaults,
        ...{ lr: c.plan.lr, batchSize: c.plan.batchSize, clip: c.plan.clip, maxSteps: c.plan.steps },
        ...{ dropout: 0, shuffle: false },
      },
      defence: rivalNamed(name, c.options, { safe, seed: 1, order: 'file' }),
      onStep: ({ gradNorm }) => norms.push(gradNorm),
    })()
    if (trained._tag === 'Left') throw new Error(trained.left.message)
    expect(norms).toHaveLength(12)
    norms.forEach((norm, k) => expect(norm / c.gradNorms[k]!).toBeCloseTo(1, 4))
    expect(distance(init.right, trained.right, c.update)).toBeLessThan(1e-4)
    expect(tf.memory().numTensors).toBe(tensors)
  })
})

describe('a run that was stopped and resumed', () => {
  const recipe: TrainingRecipe = {
    ...recipeDefaults,
    ...{ rank: 4, lr: 0.01, batchSize: 4, accumulate: 2, maxSteps: 6, schedule: 'linear' },
  }
  const run = (
    data: Dataset,
    out: string,
    defence: () => TrainingDefence,
    { stopAfter, resume = false }: { stopAfter?: number; resume?: boolean } = {},
  ) => {
    const abort = new AbortController()
    return trainAdapter({
      ...{ model, data, recipe, seed: 1, checkpointEvery: 2, resume, signal: abort.signal },
      defence: defence(),
      out: join(work, out),
      log: join(work, `${out}.jsonl`),
      onStep: ({ step }) => {
        if (step === stopAfter) abort.abort()
      },
    })()
  }
  const lossesIn = (out: string): unknown[] =>
    readFileSync(join(work, `${out}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }))

  it.each([
    ['safegrad', {}, 2],
    ['safety-after', { steps: 4 }, 7],
    ['constrained-sft', {}, 3],
    ['lisa', { safeSteps: 2, taskSteps: 1, rho: 0.5 }, 3],
    ['ema', { decay: 0.8 }, 2],
  ] as const)('%s: the same adapter, bit for bit, dropout and all', async (name, options, stopAfter) => {
    const [data, safe] = [await rowsOf('task'), await rowsOf('references')]
    const tensors = tf.memory().numTensors
    const defence = () => rivalNamed(name, options, { safe, seed: 3 })
    const whole = await run(data, `${name}-whole`, defence)
    if (whole._tag === 'Left') throw new Error(whole.left.message)
    expect(await run(data, name, defence, { stopAfter })).toMatchObject({ left: { kind: 'interrupted' } })
    const rest = await run(data, name, defence, { resume: true })
    if (rest._tag === 'Left') throw new Error(rest.left.message)
    expect(rest.right.modules).toEqual(whole.right.modules)
    expect(lossesIn(name)).toEqual(lossesIn(`${name}-whole`))
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('rules nest: the average of DualSelect with safe steps after it', async () => {
    const [data, references] = [await rowsOf('task'), await rowsOf('references')]
    const nested: TrainingDefence = {
      stage: 'training',
      steps: [{ name: 'nested', parameters: {} }],
      apply: (rule, oracle) => async () => {
        const selecting = dualSelect({ warmupSteps: 1, kRef: 4, kTask: 3 }, { references })
        const first = await rivalNamed('ema', { decay: 0.9 }, { safe: references, seed: 3 }).apply(
          rule,
          oracle,
        )()
        if (first._tag === 'Left') return first
        const second = await selecting.apply(first.right, oracle)()
        if (second._tag === 'Left') return second
        return rivalNamed('safety-after', { steps: 2 }, { safe: references, seed: 3 }).apply(
          second.right,
          oracle,
        )()
      },
    }
    const tensors = tf.memory().numTensors
    const whole = await run(data, 'nested-whole', () => nested)
    if (whole._tag === 'Left') throw new Error(whole.left.message)
    expect(lossesIn('nested-whole')).toHaveLength(8)
    await run(data, 'nested', () => nested, { stopAfter: 6 })
    const rest = await run(data, 'nested', () => nested, { resume: true })
    if (rest._tag === 'Left') throw new Error(rest.left.message)
    expect(rest.right.modules).toEqual(whole.right.modules)
    expect(tf.memory().numTensors).toBe(tensors)
  })
})
