/** What the loop offers update rules beside batches: the parameters, closing steps, and a say in what is deployed. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { type Phase, type StepContext, type UpdateRule, emptyState } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { openModelFolder } from '../../src/formats'
import {
  freshFactors,
  linearModules,
  lmOracle,
  loadWeights,
  loraTrainable,
  scheduleFactor,
} from '../../src/lm'
import type { LogRow } from '../../src/lm'
import { trainLoop } from '../../src/lm/training/loop'
import type { LoopSettings } from '../../src/lm/training/loopSettings'
import { planOf } from '../../src/lm/training/plan'
import { type TrainingRecipe, recipeDefaults } from '../../src/lm/training/recipe'
import { rateFactor } from '../../src/lm/training/schedule'
import { golden, goldenFolder, relativeError, right, run, tokenExample, tokenRow } from './golden'

beforeAll(() => run(selectEngine('wasm')))

const rows = golden.lora.rows.map((r, i) => tokenExample(String(i), r))

// a rule that only watches -----------------------------------------------------------------------

interface Seen {
  readonly phases: Phase[]
  readonly steps: number[]
  readonly parameters: number[][]
}

const watching = (seen: Seen, more: Partial<UpdateRule<tf.Tensor>> = {}): UpdateRule<tf.Tensor> => ({
  name: 'watches',
  warmupSteps: 1,
  initial: emptyState,
  step: (state, at: StepContext<tf.Tensor>) => {
    seen.phases.push(at.phase)
    seen.steps.push(at.trainingSteps)
    seen.parameters.push([...at.parameters().dataSync()])
    const ones = new Float32Array(at.batch.length).fill(1)
    return TE.right({ gradient: tf.ones([3]), losses: ones, weights: ones, notes: [], state })
  },
  endEpoch: (state) => TE.right(state),
  ...more,
})

const settings = (rule: UpdateRule<tf.Tensor>, more: Partial<LoopSettings> = {}): LoopSettings => ({
  start: new Float32Array(3),
  rows: rows.slice(0, 4),
  rowNumbers: [0, 1, 2, 3],
  tokenCounts: () => ({ response: 1, all: 2 }),
  recipe: { ...recipeDefaults, batchSize: 2, epochs: 1, lr: 0.1, clip: 0 },
  seed: 1,
  rule,
  publish: () => undefined,
  run: { name: 'watches' },
  ...more,
})

const nothingSeen = (): Seen => ({ phases: [], steps: [], parameters: [] })

describe('an update rule', () => {
  it('sees the parameters before each step, closing steps after the last epoch, and decides what is deployed', async () => {
    const seen = nothingSeen()
    const log: LogRow[] = []
    const before = tf.memory().numTensors
    const rule = watching(seen, { closingSteps: 2, deployed: (_, parameters) => tf.mul(parameters, 10) })
    const trained = right(await trainLoop(settings(rule, { onStep: (row) => log.push(row) }))())
    expect(seen.phases).toEqual(['warmup', 'train', 'train', 'closing', 'closing'])
    expect(seen.steps).toEqual([3, 3, 3, 3, 3])
    expect(seen.parameters[0]).toEqual([0, 0, 0])
    // AdamW under a constant gradient moves by the learning rate
    seen.parameters.forEach((p, k) => p.forEach((x) => expect(x).toBeCloseTo(-0.1 * k, 5)))
    trained.forEach((x) => expect(x).toBeCloseTo(-5, 4))
    expect(log.map((row) => row.step)).toEqual([0, 1, 2, 3, 4])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('that asks for neither gives the parameters after its last step', async () => {
    const trained = right(await trainLoop(settings(watching(nothingSeen())))())
    trained.forEach((x) => expect(x).toBeCloseTo(-0.3, 5))
  })

  it('may step on other rows than its batch: the log is of those', async () => {
    const log: LogRow[] = []
    const base = watching(nothingSeen())
    const rule: UpdateRule<tf.Tensor> = {
      ...base,
      step: (state, at) => {
        const one = Float32Array.of(7)
        return TE.right({
          ...{ gradient: tf.ones([3]), losses: one, weights: Float32Array.of(1), notes: [], state },
          batch: at.batch.slice(0, 1),
        })
      },
    }
    right(await trainLoop(settings(rule, { onStep: (row) => log.push(row) }))())
    expect(log.map(({ loss, examples, tokens }) => [loss, examples, tokens])).toEqual(
      Array.from({ length: 3 }, () => [7, 1, 2]),
    )
  })

  it('is stopped among its closing steps and continues there', async () => {
    const out = mkdtempSync(join(tmpdir(), 'rules-'))
    const abort = new AbortController()
    const rule = (seen: Seen) => watching(seen, { closingSteps: 3 })
    const common = { out, log: join(out, 'log.jsonl'), checkpointEvery: 1 }
    const stopped = await trainLoop(
      settings(rule(nothingSeen()), {
        ...common,
        signal: abort.signal,
        onStep: ({ step }) => {
          if (step === 3) abort.abort()
        },
      }),
    )()
    expect(stopped).toMatchObject({ left: { kind: 'interrupted', message: 'stopped before step 4 of 6' } })
    const seen = nothingSeen()
    const trained = right(await trainLoop(settings(rule(seen), { ...common, resume: true }))())
    expect(seen.phases).toEqual(['closing', 'closing'])
    expect(trained).toEqual(right(await trainLoop(settings(rule(nothingSeen())))()))
    expect(readFileSync(common.log, 'utf8').trim().split('\n')).toHaveLength(6)
  })
})

describe('closing steps', () => {
  const recipe: TrainingRecipe = { ...recipeDefaults, batchSize: 2, maxSteps: 4, shuffle: false }
  const plan = planOf(recipe, { rows: 5, warmupSteps: 1, closingSteps: 4, seed: 1, lengthOf: () => 1 })

  it('come in addition to the steps of the recipe, with the batches of further epochs from their start', () => {
    expect([plan.trainingSteps, plan.totalSteps]).toEqual([4, 8])
    const planned = Array.from({ length: 8 }, (_, s) => plan.at(s))
    expect(planned.map((p) => p.phase)).toEqual([
      ...['warmup', 'train', 'train', 'train'],
      ...['closing', 'closing', 'closing', 'closing'],
    ])
    expect(planned.map((p) => p.epoch)).toEqual([0, 0, 0, 0, 1, 1, 1, 2])
    expect(planned.slice(4).map((p) => p.batches)).toEqual([[[0, 1]], [[2, 3]], [[4]], [[0, 1]]])
    expect(planned.slice(4).some((p) => p.epochStart || p.epochEnd)).toBe(false)
    expect(planned.map((p) => p.epochEnd).indexOf(true)).toBe(3)
  })

  it('have a course of the learning rate of their own, and leave that of the others as it is', () => {
    const course = { schedule: 'linear', warmupSteps: 1, trainingSteps: 4, totalSteps: 7 } as const
    for (let s = 0; s < 4; s++) expect(rateFactor(course, s)).toBe(scheduleFactor('linear', 1, 4, s))
    for (let s = 0; s < 3; s++) expect(rateFactor(course, 4 + s)).toBe(scheduleFactor('linear', 1, 3, s))
    expect(rateFactor({ ...course, totalSteps: 4 }, 3)).toBe(scheduleFactor('linear', 1, 4, 3))
  })
})

// weights of tokens ------------------------------------------------------------------------------

describe('gradients under weights of tokens', () => {
  const world = async () => {
    const folder = await run(openModelFolder(join(goldenFolder, 'grouped')))
    const weights = await run(loadWeights(folder))
    const slots = linearModules(folder.config).map((m) => ({ ...m, rank: 3, scale: 2 }))
    const trainable = loraTrainable(weights, slots)
    const initial = freshFactors(slots, 1)
    // Away from the start, so that the two models differ.
    const parameters = tf.tensor1d(initial.map((x, i) => x + 0.05 * Math.sin(i)))
    const oracle = lmOracle({
      ...{ trainable, parameters: () => parameters, encode: tokenRow, loss: 'example', dropout: 0, seed: 1 },
      initial,
    })
    return { oracle, parameters, weights }
  }
  const still = { kind: 'deterministic' } as const

  it('are those without where every weight is 1, per row and in the mean; losses stay those without weights', async () => {
    const before = tf.memory().numTensors
    const { oracle, parameters, weights } = await world()
    const [plain, same] = [oracle, oracle.reweighted!(() => 1)]
    const [a, b] = [await run(plain.mean(rows, still)), await run(same.mean(rows, still))]
    const [c, d] = [await run(plain.gradients(rows, still)), await run(same.gradients(rows, still))]
    expect(relativeError(b.gradient.dataSync(), [...a.gradient.dataSync()])).toBeLessThan(1e-6)
    expect(b.losses).toEqual(a.losses)
    const pick = new Float32Array(rows.length).fill(0).map((_, i) => (i === 1 ? 1 : 0))
    const [x, y] = [c.weightedMean(pick), d.weightedMean(pick)]
    expect(relativeError(y.dataSync(), [...x.dataSync()])).toBeLessThan(1e-6)
    const half = await run(oracle.reweighted!(() => 0.5).mean(rows, still))
    expect(
      relativeError(
        half.gradient.dataSync(),
        [...a.gradient.dataSync()].map((g) => g / 2),
      ),
    ).toBeLessThan(1e-6)
    expect(half.losses).toEqual(a.losses)
    expect(await run(same.losses(rows))).toEqual(await run(plain.losses(rows)))
    c.dispose()
    d.dispose()
    tf.dispose([a.gradient, b.gradient, half.gradient, x, y, parameters])
    weights.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('are given every response token once, with its place and its log-probability under both models', async () => {
    const { oracle, parameters, weights } = await world()
    const seen: { place: number; current: number; initial: number }[] = []
    const got = await run(
      oracle.reweighted!((place, current, start) => {
        seen.push({ place, current, initial: start })
        return 1
      }).mean(rows, still),
    )
    const starts = seen.flatMap((s, i) => (s.place === 0 ? [i] : []))
    expect(starts).toHaveLength(rows.length)
    const tokens = starts.map((from, n) => seen.slice(from, starts[n + 1] ?? seen.length))
    tokens.forEach((row, n) => {
      expect(row.map((s) => s.place)).toEqual(row.map((_, t) => t))
      expect(-row.reduce((sum, s) => sum + s.current, 0) / row.length).toBeCloseTo(got.losses[n]!, 5)
    })
    // A fresh adapter does nothing: the initial model is the one without it.
    const nothing = tf.tensor1d([])
    const bare = lmOracle({
      ...{ trainable: loraTrainable(weights, []), parameters: () => nothing, encode: tokenRow },
      ...{ loss: 'example', dropout: 0, seed: 1 },
    })
    const beginning = await run(bare.losses(rows))
    tokens.forEach((row, n) =>
      expect(-row.reduce((sum, s) => sum + s.initial, 0) / row.length).toBeCloseTo(beginning[n]!, 4),
    )
    tf.dispose([got.gradient, parameters, nothing])
    weights.dispose()
  })
})
