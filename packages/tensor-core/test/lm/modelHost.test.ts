/** One model for many adapters: whatever is attached and when, the numbers are those of a fresh load. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CausalLM,
  type LoraAdapter,
  type StorageDtype,
  greedy,
  matrix,
  requestsOf,
  tokenPrompt,
} from '../../src/contracts'
import { rawHandles, selectEngine, tf } from '../../src/engine'
import { openModelFolder, writeAdapter } from '../../src/formats'
import { type ModelHost, linearModules, loadCausalLM, openModelHost } from '../../src/lm'
import { stream } from '../../src/random'
import { familiesFolder } from './families'
import { golden, goldenFolder, run, testedEngines } from './golden'

const rank = 2
/** A random adapter of the modules that `chosen` names. */
const adapterOf = async (
  model: string,
  seed: number,
  chosen: (name: string) => boolean,
): Promise<LoraAdapter> => {
  const { config } = await run(openModelFolder(model))
  const head = { name: 'lm_head', outputs: config.vocabSize, inputs: config.hiddenSize }
  const draw = (n: number, ...key: ReadonlyArray<string | number>): Float32Array => {
    const s = stream(seed, ...key)
    return Float32Array.from({ length: n }, () => s.normal() / 4)
  }
  return {
    modules: [...linearModules(config), head]
      .filter(({ name }) => chosen(name))
      .map(({ name, outputs, inputs }) => ({
        name,
        A: matrix(rank, inputs, draw(rank * inputs, name, 'A')),
        B: matrix(outputs, rank, draw(outputs * rank, name, 'B')),
        scale: 1.5,
      })),
    config: { peft_type: 'LORA', r: rank, lora_alpha: 3, target_modules: ['q_proj', 'v_proj'] },
    metadata: {},
    dtype: 'F32',
    extras: [],
  }
}

/** Ids that every model here has. */
const prompts = golden.grouped.rows.map((r) => tokenPrompt(r.promptTokens.map((id) => id % 50)))
/** Distributions and drawn completions: everything a model computes. */
const whatItSays = async (lm: CausalLM) => {
  const session = await run(lm.open(prompts))
  const logProbs = await run(session.logProbs)
  session.dispose()
  const completions = await run(lm.generate(requestsOf(prompts), { ...greedy(6), temperature: 0.9, seed: 5 }))
  return { id: lm.id, logProbs, completions }
}
const fresh = async (model: string, dtype: StorageDtype, adapter?: string | LoraAdapter) => {
  const lm = await run(loadCausalLM({ model, dtype, ...(adapter === undefined ? {} : { adapter }) }))
  const said = await whatItSays(lm)
  lm.dispose()
  return said
}
const attached = async (host: ModelHost, adapter?: string | LoraAdapter) => {
  const lm = await run(host.attach(adapter))
  const said = await whatItSays(lm)
  lm.dispose()
  return said
}

const held = (): ReadonlyArray<number> => [tf.memory().numTensors, rawHandles()]

const work = mkdtempSync(join(tmpdir(), 'host-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const model = join(goldenFolder, 'grouped')
const some = (name: string): boolean => /[qv]_proj$/.test(name)
const all = (name: string): boolean => name !== 'lm_head'

describe.each(testedEngines)('on %s', (engine) => {
  beforeAll(() => run(selectEngine(engine)))

  it.each(['float32', 'bfloat16'] as const)('adapters in turn and the model alone (%s)', async (dtype) => {
    const before = held()
    const adapters = [await adapterOf(model, 1, some), await adapterOf(model, 2, all)]
    const host = await run(openModelHost({ model, dtype }))
    const alone = held()
    const turns = [undefined, adapters[0], adapters[1], undefined, adapters[0]]
    const said = []
    for (const adapter of turns) {
      said.push(await attached(host, adapter))
      expect(held()).toEqual(alone)
    }
    host.dispose()
    expect(held()).toEqual(before)
    const wanted = []
    for (const adapter of turns) wanted.push(await fresh(model, dtype, adapter))
    expect(said).toEqual(wanted)
    expect(said[1]?.logProbs).not.toEqual(said[0]?.logProbs)
    expect(said[1]?.logProbs).not.toEqual(said[2]?.logProbs)
  })

  it('families with gains stored less one, and an adapted output head', async () => {
    const [gemma, untied] = [join(familiesFolder, 'gemma3_text'), join(familiesFolder, 'qwen3')]
    const before = held()
    for (const [folder, chosen] of [
      [gemma, all],
      [untied, () => true],
    ] as const) {
      const adapter = await adapterOf(folder, 3, chosen)
      expect(adapter.modules.some(({ name }) => name === 'lm_head')).toBe(folder === untied)
      const host = await run(openModelHost({ model: folder }))
      expect(await attached(host, adapter)).toEqual(await fresh(folder, 'float32', adapter))
      expect(await attached(host)).toEqual(await fresh(folder, 'float32'))
      host.dispose()
    }
    expect(held()).toEqual(before)
  })

  it('several attached at a time, disposed of in any order, the host first', async () => {
    const before = held()
    const adapters = [await adapterOf(model, 1, some), await adapterOf(model, 2, all)]
    const wanted = [await fresh(model, 'float32', adapters[0]), await fresh(model, 'float32', adapters[1])]
    const host = await run(openModelHost({ model }))
    const [first, second, bare] = await Promise.all([
      run(host.attach(adapters[0])),
      run(host.attach(adapters[1])),
      run(host.attach()),
    ])
    expect(await whatItSays(first)).toEqual(wanted[0])
    host.dispose()
    host.dispose()
    expect(await host.attach()()).toMatchObject({
      left: { _tag: 'ModelFailed', message: 'the model host has been disposed of', where: model },
    })
    first.dispose()
    first.dispose()
    expect(await whatItSays(second)).toEqual(wanted[1])
    second.dispose()
    expect(await whatItSays(bare)).toEqual(await fresh(model, 'float32'))
    bare.dispose()
    expect(held()).toEqual(before)
  })

  it('reads adapter folders, and refuses an adapter that does not fit', async () => {
    const before = held()
    const adapter = await adapterOf(model, 1, some)
    const folder = join(work, `adapter-${engine}`)
    await run(writeAdapter(folder, adapter))
    const host = await run(openModelHost({ model, batchSize: 2 }))
    expect(host.id).toBe((await fresh(model, 'float32')).id)
    expect(await attached(host, folder)).toEqual(await fresh(model, 'float32', folder))
    const other = await adapterOf(join(familiesFolder, 'gemma3_text'), 1, all)
    expect(await host.attach(other)()).toMatchObject({ left: { _tag: 'AdapterMismatch', where: 'adapter' } })
    host.dispose()
    expect(held()).toEqual(before)
  })
})
