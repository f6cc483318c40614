import { join } from 'node:path'
import { type CausalLM, type Completion, greedy, plainRule, tokenPrompt } from '../../src/contracts'
import { selectEngine, tf } from '../../src/engine'
import { type ModelFolder, decodeModelConfig, openModelFolder, openWeights } from '../../src/formats'
import {
  type LoraSlot,
  type Trainable,
  causalLM,
  fullTrainable,
  linearModules,
  lmOracle,
  loadWeights,
  loraTrainable,
} from '../../src/lm'
import { trainLoop } from '../../src/lm/training/loop'
import { recipeDefaults } from '../../src/lm/training/recipe'
import { families, familiesFolder } from './families'
import { relativeError, right, run, testedEngines, tokenEncoder, tokenExample, tokenRow } from './golden'

interface Row {
  readonly promptTokens: number[]
  readonly responseTokens: number[]
  readonly logProbs: number[]
  readonly greedy: number[]
}

const folderOf = (name: string): Promise<ModelFolder> => run(openModelFolder(join(familiesFolder, name)))

const modelOf = async (folder: ModelFolder): Promise<CausalLM> =>
  causalLM({
    id: folder.path,
    weights: await run(loadWeights(folder)),
    adaptation: { factors: new Map() },
    tokenizer: undefined,
    encoder: tokenEncoder,
    stopTokens: folder.stopTokens,
    batchSize: 8,
  })

const greatest = (got: ArrayLike<number>, want: ArrayLike<number>): number =>
  Array.from(want).reduce((worst, x, i) => Math.max(worst, Math.abs(x - (got[i] ?? NaN))), 0)

const untilStop = (ids: ReadonlyArray<number>): ReadonlyArray<number> =>
  ids.slice(0, ids.includes(2) ? ids.indexOf(2) : undefined)

/** Scores of one batch of unequal lengths, each alone, and greedy tokens over the cache. */
const expectDecoding = async (lm: CausalLM, rows: ReadonlyArray<Row>): Promise<void> => {
  const examples = rows.map((r, i) => tokenExample(String(i), r))
  const scores = await run(lm.score(examples))
  rows.forEach((r, i) => expect(greatest(scores[i]?.logProbs ?? [], r.logProbs)).toBeLessThan(5e-5))
  const alone = await run(lm.score(examples.slice(1, 2)))
  expect(greatest(alone[0]?.logProbs ?? [], rows[1]?.logProbs ?? [])).toBeLessThan(5e-5)
  const completions = await run(
    lm.generate(
      rows.map((r) => ({ prompt: tokenPrompt(r.promptTokens) })),
      greedy(20),
    ),
  )
  expect(completions.map((c: Completion) => c.tokens)).toEqual(rows.map((r) => untilStop(r.greedy)))
}

interface Setting {
  readonly trainable: Trainable
  readonly start: Float32Array
  readonly dispose: () => void
}

const adapterOf = async (folder: ModelFolder): Promise<Setting> => {
  const weights = await run(loadWeights(folder))
  const slots = linearModules(folder.config).map((m): LoraSlot => ({ ...m, rank: 2, scale: 2 }))
  const trainable = loraTrainable(weights, slots)
  const adapter = await run(openWeights(join(folder.path, 'adapter', 'adapter_model.safetensors')))
  const start = new Float32Array(trainable.layout.size)
  for (const s of trainable.layout.slots)
    start.set(await run(adapter.read(`base_model.model.${s.name}.weight`)), s.offset)
  expect(adapter.tensors.size).toBe(trainable.layout.slots.length)
  return { trainable, start, dispose: weights.dispose }
}

/** An adapter that changes nothing. */
const adapterOfPlain = async (folder: ModelFolder): Promise<Setting> => {
  const weights = await run(loadWeights(folder))
  const slots = linearModules(folder.config).map((m): LoraSlot => ({ ...m, rank: 1, scale: 1 }))
  const trainable = loraTrainable(weights, slots)
  return { trainable, start: new Float32Array(trainable.layout.size), dispose: weights.dispose }
}

const wholeOf = async (folder: ModelFolder): Promise<Setting> => {
  const trainable = fullTrainable(folder.config)
  const start = new Float32Array(trainable.layout.size)
  for (const s of trainable.layout.slots) start.set(await run(folder.weights.read(s.name)), s.offset)
  expect(folder.weights.tensors.size).toBe(trainable.layout.slots.length)
  return { trainable, start, dispose: () => undefined }
}

const oracleOf = (trainable: Trainable, parameters: () => tf.Tensor) =>
  lmOracle({ trainable, parameters, encode: tokenRow, loss: 'example', dropout: 0, seed: 1 })

describe.each(testedEngines)('on %s', (engine) => {
  beforeAll(() => run(selectEngine(engine)))

  describe.each(Object.entries(families.families))('%s equals transformers and torch', (name, want) => {
    it('in scores of unequal lengths beyond the window, and in greedy tokens', async () => {
      const before = tf.memory().numTensors
      const lm = await modelOf(await folderOf(name))
      await expectDecoding(lm, want.rows)
      lm.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })

    it('however the tokens came into the cache', async () => {
      const lm = await modelOf(await folderOf(name))
      const [a, b] = [
        [5, 9, 11, 30, 7, 8, 12, 13, 14, 15, 6, 22],
        [6, 7, 40, 3, 9],
      ]
      const whole = await run(lm.open([tokenPrompt(a), tokenPrompt(b)]))
      const start = await run(lm.open([tokenPrompt(b.slice(0, 2)), tokenPrompt([...a.slice(0, 5), 4, 4, 4])]))
      const swapped = await run(start.select([1, 0]))
      const some = await run(
        swapped.edit([
          { keep: 5, tokens: a.slice(5, 7) },
          { keep: 2, tokens: b.slice(2) },
        ]),
      )
      const edited = await run(
        some.edit([
          { keep: 7, tokens: a.slice(7) },
          { keep: 5, tokens: [] },
        ]),
      )
      const [want, got] = [await run(whole.logProbs), await run(edited.logProbs)]
      want.forEach((row, i) => expect(greatest(got[i] ?? [], row)).toBeLessThan(2e-5))
      ;[whole, start, swapped, some, edited].forEach((s) => s.dispose())
      lm.dispose()
    })

    it.each([
      ['an adapter', adapterOf, 'lora-gradients.safetensors', want.loraLoss],
      ['all weights', wholeOf, 'full-gradients.safetensors', want.fullLoss],
    ] as const)('in the gradients of %s', async (_, settingOf, file, loss) => {
      const before = tf.memory().numTensors
      const folder = await folderOf(name)
      const setting = await settingOf(folder)
      const parameters = tf.tensor1d(setting.start)
      const oracle = oracleOf(setting.trainable, () => parameters)
      const rows = want.training.map((r, i) => tokenExample(String(i), r))
      const { gradient, losses } = await run(oracle.mean(rows, { kind: 'deterministic' }))
      expect(losses.reduce((x, y) => x + y, 0) / rows.length).toBeCloseTo(loss, 5)
      const got = oracle.space.toHost(gradient)
      const torch = await run(openWeights(join(folder.path, file)))
      const off: string[] = []
      for (const { name: slot, offset, size } of setting.trainable.layout.slots)
        if (!(relativeError(got.subarray(offset, offset + size), await run(torch.read(slot))) < 2e-4))
          off.push(slot)
      expect(off).toEqual([])
      tf.dispose([gradient, parameters])
      setting.dispose()
      expect(tf.memory().numTensors).toBe(before)
    })

    it('in four steps of training all weights', async () => {
      const { trainable, start } = await wholeOf(await folderOf(name))
      const current: { parameters: tf.Tensor | undefined } = { parameters: undefined }
      const rows = want.training.map((r, i) => tokenExample(String(i), r))
      const log: Array<{ loss: number; gradNorm: number }> = []
      const final = await run(
        trainLoop({
          start,
          rows,
          rowNumbers: rows.map((_, i) => i),
          tokenCounts: (r) => {
            const e = right(tokenRow(r))
            return { response: e.responseTokens.length, all: e.promptTokens.length + e.responseTokens.length }
          },
          recipe: {
            ...recipeDefaults,
            lr: 2e-3,
            maxSteps: 4,
            batchSize: 3,
            weightDecay: 0.1,
            shuffle: false,
          },
          seed: 1,
          rule: plainRule(oracleOf(trainable, () => current.parameters!)),
          publish: (p) => (current.parameters = p),
          run: { name: 'golden' },
          onStep: (r) => log.push(r),
        }),
      )
      want.steps.log.forEach((r, i) => {
        expect(Math.abs((log[i]?.loss ?? 0) / r.loss - 1)).toBeLessThan(1e-4)
        expect(Math.abs((log[i]?.gradNorm ?? 0) / r.gradNorm - 1)).toBeLessThan(1e-3)
      })
      // four steps of 2e-3 move a parameter by up to 8e-3
      const off = Object.entries(want.steps.final).filter(([path, values]) => {
        const slot = trainable.layout.slots.find((s) => s.name === path)!
        return !(greatest(final.subarray(slot.offset, slot.offset + slot.size), values) < 1e-4)
      })
      expect(off.map(([path]) => path)).toEqual([])
    })
  })

  describe.each(Object.entries(families.ropes))('rotary scaling %s equals transformers', (_, want) => {
    it('in scores of one batch and of a long row, in greedy tokens, and in the losses of training', async () => {
      const folder = await folderOf('ropes')
      const config = right(decodeModelConfig('config.json')(want.config))
      const lm = await modelOf({ ...folder, config })
      await expectDecoding(lm, want.rows)
      const [long] = await run(lm.score([tokenExample('long', want.long)]))
      expect(greatest(long?.logProbs ?? [], want.long.logProbs)).toBeLessThan(5e-5)
      lm.dispose()
      const setting = await adapterOfPlain({ ...folder, config })
      const parameters = tf.tensor1d(setting.start)
      const oracle = oracleOf(setting.trainable, () => parameters)
      const rows = want.training.map((r, i) => tokenExample(String(i), r))
      expect(greatest(await run(oracle.losses(rows)), want.losses)).toBeLessThan(5e-5)
      parameters.dispose()
      setting.dispose()
    })
  })
})
