import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { greedy } from '../../src/contracts'
import { installedEngines, rawHandles, selectEngine, tf } from '../../src/engine'
import {
  type TensorToWrite,
  narrow,
  openModelFolder,
  readDataset,
  widen,
  writeAdapter,
  writeModelFolder,
} from '../../src/formats'
import { loadCausalLM, recipeDefaults, trainAdapter } from '../../src/lm'
import { golden, goldenFolder, run, tokenExample } from './golden'

/** Frozen weights in bfloat16: exactly the rounded weights where an engine widens, within its precision where one computes in it. */
const work = mkdtempSync(join(tmpdir(), 'bfloat16-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const model = join(goldenFolder, 'grouped')
const rounded = join(work, 'rounded')
const data = join(work, 'rows.jsonl')
const examples = golden.lora.rows.map((r, i) => tokenExample(String(i), r))

/** The model with every matrix rounded to bfloat16, stored as that type or as float32. */
const writeRounded = async (to: string, dtype: 'BF16' | 'F32'): Promise<void> => {
  const folder = await run(openModelFolder(model))
  const tensors: TensorToWrite[] = []
  for (const [name, { shape }] of folder.weights.tensors) {
    const values = await run(folder.weights.read(name))
    if (shape.length === 2) widen('BF16', narrow('BF16', values), values)
    tensors.push({ name, shape: [...shape], dtype: shape.length === 2 ? dtype : 'F32', values })
  }
  await run(writeModelFolder(to, { config: folder.config, rawConfig: folder.rawConfig, tensors }))
}

beforeAll(async () => {
  writeFileSync(data, golden.lora.rows.map((r) => `${JSON.stringify(r)}\n`).join(''))
  await writeRounded(rounded, 'F32')
  await writeRounded(`${rounded}-stored`, 'BF16')
})

const train = async (from: string, dtype: 'float32' | 'bfloat16') => {
  const losses: number[] = []
  const adapter = await run(
    trainAdapter({
      ...{ model: from, data: await run(readDataset(data)), seed: 3, dtype },
      recipe: { ...recipeDefaults, lr: 2e-3, batchSize: 4, maxSteps: 12 },
      onStep: ({ loss }) => losses.push(loss),
    }),
  )
  return { adapter, losses }
}

const scoresOf = async (
  from: string,
  dtype: 'float32' | 'bfloat16',
  adapter?: string,
): Promise<ReadonlyArray<number>> => {
  const lm = await run(loadCausalLM({ model: from, dtype, ...(adapter === undefined ? {} : { adapter }) }))
  const scores = await run(lm.score(examples))
  lm.dispose()
  return scores.flatMap(({ logProbs }) => [...logProbs])
}
const largest = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))))

describe('on an engine that widens', () => {
  beforeAll(() => selectEngine('wasm')())
  it('bfloat16 storage is float32 arithmetic on the rounded weights, to the last bit', async () => {
    const wanted = await scoresOf(rounded, 'float32')
    expect(await scoresOf(model, 'bfloat16')).toEqual(wanted)
    expect(await scoresOf(`${rounded}-stored`, 'float32')).toEqual(wanted)
    expect(await scoresOf(`${rounded}-stored`, 'bfloat16')).toEqual(wanted)
    expect(await scoresOf(model, 'float32')).not.toEqual(wanted)
    expect((await train(model, 'bfloat16')).losses).toEqual((await train(rounded, 'float32')).losses)
  })
})

const native = installedEngines().some(({ name, available }) => name === 'native' && available)
;(native ? describe : describe.skip)('on the native engine', () => {
  beforeAll(() => selectEngine('native')())

  it('a bfloat16 checkpoint is widened on the device to the very same numbers', async () => {
    expect(await scoresOf(`${rounded}-stored`, 'float32')).toEqual(await scoresOf(rounded, 'float32'))
  })

  it('scores, decodes and trains in bfloat16 within its precision, and leaves nothing behind', async () => {
    const [before, handles] = [tf.memory().numTensors, rawHandles()]
    const exact = await scoresOf(rounded, 'float32')
    const brief = await scoresOf(model, 'bfloat16')
    // eight bits of precision in every product's operands and results
    expect(largest(exact, brief)).toBeLessThan(0.1)
    expect(largest(exact, brief)).toBeGreaterThan(0)
    const lm = await run(loadCausalLM({ model, dtype: 'bfloat16' }))
    const completions = await run(
      lm.generate(
        examples.map(({ prompt }) => ({ prompt })),
        greedy(5),
      ),
    )
    expect(completions.map(({ tokens }) => tokens.length <= 5)).toEqual(examples.map(() => true))
    lm.dispose()
    const [full, half] = [await train(model, 'float32'), await train(model, 'bfloat16')]
    expect(largest(full.losses, half.losses)).toBeLessThan(0.05)
    expect(half.losses.at(-1)).toBeLessThan(half.losses[0] ?? 0)
    expect([tf.memory().numTensors, rawHandles()]).toEqual([before, handles])
  })

  it('an adapter stays beside the weights: what it changes is not rounded away', async () => {
    const { adapter } = await train(model, 'float32')
    // so small that most of it would vanish in the last bit of a bfloat16 weight
    const small = {
      ...adapter,
      modules: adapter.modules.map((m) => ({ ...m, scale: m.scale / 50 })),
      config: { ...adapter.config, lora_alpha: Number(adapter.config['lora_alpha']) / 50 },
    }
    const folder = join(work, 'adapter')
    await run(writeAdapter(folder, small))
    const change = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): ReadonlyArray<number> =>
      a.map((x, i) => x - (b[i] ?? NaN))
    const exact = change(await scoresOf(rounded, 'float32', folder), await scoresOf(rounded, 'float32'))
    const brief = change(await scoresOf(model, 'bfloat16', folder), await scoresOf(model, 'bfloat16'))
    const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
      a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)
    const cosine = dot(exact, brief) / Math.sqrt(dot(exact, exact) * dot(brief, brief))
    expect(cosine).toBeGreaterThan(0.5)
  })
})
