import { join } from 'node:path'
import { plainRule } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { openModelFolder, openWeights } from '../../src/formats'
import {
  type LoraSlot,
  type Trainable,
  adamWDefaults,
  adamWStart,
  adamWStep,
  disposeAdamW,
  fullTrainable,
  linearModules,
  lmOracle,
  loadWeights,
  loraTrainable,
  parameterShapes,
  scheduleFactor,
} from '../../src/lm'
import { trainLoop } from '../../src/lm/training/loop'
import type { LoopSettings } from '../../src/lm/training/loopSettings'
import { recipeDefaults } from '../../src/lm/training/recipe'
import {
  golden,
  goldenFolder,
  relativeError,
  right,
  run,
  testedEngines,
  tokenExample,
  tokenRow,
} from './golden'

/** Trainable, its start, and a way to free the frozen weights. */
interface Setting {
  readonly trainable: Trainable
  readonly start: Float32Array
  readonly dispose: () => void
}

const loraOf = async (name: string): Promise<Setting> => {
  const folder = await run(openModelFolder(join(goldenFolder, name)))
  const weights = await run(loadWeights(folder))
  const slots = linearModules(folder.config).map((m): LoraSlot => ({ ...m, rank: 3, scale: 2 }))
  const trainable = loraTrainable(weights, slots)
  const adapter = await run(openWeights(join(goldenFolder, name, 'adapter', 'adapter_model.safetensors')))
  const start = new Float32Array(trainable.layout.size)
  for (const s of trainable.layout.slots)
    start.set(await run(adapter.read(`base_model.model.${s.name}.weight`)), s.offset)
  return { trainable, start, dispose: weights.dispose }
}

const fullOf = async (name: string): Promise<Setting> => {
  const folder = await run(openModelFolder(join(goldenFolder, name)))
  const trainable = fullTrainable(folder.config)
  const start = new Float32Array(trainable.layout.size)
  for (const s of trainable.layout.slots) start.set(await run(folder.weights.read(s.name)), s.offset)
  expect(parameterShapes(folder.config)).toHaveLength(trainable.layout.slots.length)
  return { trainable, start, dispose: () => undefined }
}

const oracleOf = (s: Setting, parameters: () => tf.Tensor) =>
  lmOracle({ trainable: s.trainable, parameters, encode: tokenRow, loss: 'example', dropout: 0, seed: 1 })

describe.each(testedEngines)('on %s', (engine) => {
  beforeAll(() => run(selectEngine(engine)))

  describe.each([
    ['grouped', golden.gradients],
    ['llama3', golden.gradientsLlama3],
  ] as const)('per-example gradients of %s equal torch', (name, want) => {
    it('one by one, in cosines and in their mean; nothing is left behind', async () => {
      const before = tf.memory().numTensors
      const setting = await loraOf(name)
      const parameters = tf.tensor1d(setting.start)
      const oracle = oracleOf(setting, () => parameters)
      const rows = want.rows.map((r, i) => tokenExample(String(i), r))
      const batch = await run(oracle.gradients(rows, { kind: 'deterministic' }))
      expect(relativeError(batch.losses, want.losses)).toBeLessThan(1e-5)
      const mean = batch.weightedMean(new Float32Array(rows.length).fill(1))
      expect(Math.abs(Math.sqrt(oracle.space.dot(mean, mean)) / want.meanNorm - 1)).toBeLessThan(1e-4)
      expect(relativeError(batch.cosines(mean), want.cosines)).toBeLessThan(1e-4)
      for (const [slotName, each] of Object.entries(want.each)) {
        const slot = setting.trainable.layout.slots.find((s) => s.name === slotName)!
        for (const [i, values] of each.entries()) {
          const own = batch.weightedMean(Float32Array.from(rows, (_, k) => (k === i ? 1 : 0)))
          expect(
            relativeError(oracle.space.toHost(own).subarray(slot.offset, slot.offset + slot.size), values),
          ).toBeLessThan(1e-4)
          own.dispose()
        }
      }
      const plain = await run(oracle.mean(rows, { kind: 'deterministic' }))
      expect(relativeError(oracle.space.toHost(plain.gradient), oracle.space.toHost(mean))).toBeLessThan(1e-5)
      expect(relativeError(await run(oracle.losses(rows)), want.losses)).toBeLessThan(1e-5)
      tf.dispose([mean, plain.gradient, parameters])
      batch.dispose()
      setting.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })
  })

  describe('AdamW equals torch', () => {
    it('to 1e-6 over eight steps', () => {
      let state = adamWStart(tf.tensor1d(golden.adamw.start))
      for (const { gradient, parameters } of golden.adamw.steps) {
        const g = tf.tensor1d(gradient)
        state = adamWStep({ ...adamWDefaults, beta2: 0.98, weightDecay: 0.05 }, state, g, 0.01)
        g.dispose()
        expect(relativeError(state.parameters.dataSync(), parameters)).toBeLessThan(1e-6)
      }
      disposeAdamW(state)
    })
  })

  describe('schedules equal transformers', () => {
    it.each(golden.schedules)('$kind', ({ kind, warmup, total, factors }) => {
      factors.forEach((f, s) => expect(scheduleFactor(kind, warmup, total, s)).toBeCloseTo(f, 12))
    })
  })

  describe.each([
    ['lora', 'grouped', loraOf, 'linear'],
    ['full', 'llama3', fullOf, 'cosine'],
  ] as const)('twelve steps of %s training equal torch', (kind, name, settingOf, schedule) => {
    it('in the log and in the parameters', async () => {
      const want = golden[kind]
      const before = tf.memory().numTensors
      const setting = await settingOf(name)
      const current: { parameters: tf.Tensor | undefined } = { parameters: undefined }
      const oracle = oracleOf(setting, () => current.parameters!)
      const rows = want.rows.map((r, i) => tokenExample(String(i), r))
      const log: Array<{ loss: number; gradNorm: number; lr: number }> = []
      const settings: LoopSettings = {
        start: setting.start,
        rows,
        rowNumbers: rows.map((_, i) => i),
        tokenCounts: (r) => {
          const e = right(tokenRow(r))
          return { response: e.responseTokens.length, all: e.promptTokens.length + e.responseTokens.length }
        },
        recipe: {
          ...recipeDefaults,
          lr: want.lr,
          maxSteps: 12,
          batchSize: 4,
          warmupSteps: 3,
          schedule,
          weightDecay: 0.1,
          shuffle: false,
        },
        seed: 1,
        rule: plainRule(oracle),
        publish: (p) => (current.parameters = p),
        run: { name: 'golden' },
        onStep: (r) => log.push(r),
      }
      const final = await run(trainLoop(settings))
      want.log.forEach((r, i) => {
        expect(Math.abs((log[i]?.loss ?? 0) / r.loss - 1)).toBeLessThan(1e-4)
        expect(Math.abs((log[i]?.gradNorm ?? 0) / r.gradNorm - 1)).toBeLessThan(2e-4)
        expect(log[i]?.lr).toBeCloseTo(r.lr, 12)
      })
      const [differences, updates] = [[0], [0]]
      for (const [slotName, values] of Object.entries(want.final)) {
        const slot = setting.trainable.layout.slots.find((s) => s.name === slotName)!
        values.forEach((v, i) => {
          differences.push((final[slot.offset + i]! - v) ** 2)
          updates.push((v - setting.start[slot.offset + i]!) ** 2)
        })
      }
      const sum = (xs: number[]): number => xs.reduce((a, b) => a + b, 0)
      expect(Math.sqrt(sum(differences) / sum(updates))).toBeLessThan(1e-4)
      setting.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })
  })
})
