import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installedEngines, selectEngine } from '../../src/engine'
import { type TensorToWrite, openModelFolder, writeModelFolder } from '../../src/formats'
import { loadCausalLM, mergeAdapter } from '../../src/lm'
import { families, familiesFolder, laterFamilies } from './families'
import { run, tokenExample } from './golden'

/** Folders of the families that are written: with an adapter merged, and with a configuration made in code. */
const work = mkdtempSync(join(tmpdir(), 'families-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const largest = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))))

const scoresOf = async (
  name: string,
  choice: Parameters<typeof loadCausalLM>[0],
): Promise<ReadonlyArray<number>> => {
  const lm = await run(loadCausalLM(choice))
  const rows = families.families[name]?.rows.map((r, i) => tokenExample(String(i), r)) ?? []
  const scores = await run(lm.score(rows))
  lm.dispose()
  return scores.flatMap(({ logProbs }) => [...logProbs])
}

/** The model in float32, under a configuration that `modelConfigJson` writes. */
const rewritten = async (name: string): Promise<string> => {
  const folder = await run(openModelFolder(join(familiesFolder, name)))
  const tensors: TensorToWrite[] = []
  for (const [tensor, { shape }] of folder.weights.tensors)
    tensors.push({ name: tensor, shape: [...shape], dtype: 'F32', values: folder.weights.read(tensor) })
  const out = join(work, name)
  await run(writeModelFolder(out, { config: folder.config, tensors }))
  return out
}

it('caps are written as transformers 5 takes them: with a decimal point', async () => {
  const text = readFileSync(join(await rewritten('gemma2'), 'config.json'), 'utf8')
  expect(text).toMatch(/"attn_logit_softcapping": 2\.5,/)
  expect(text).toMatch(/"final_logit_softcapping": 4\.0,/)
  expect(JSON.parse(text)).toMatchObject({ final_logit_softcapping: 4, sliding_window: 6 })
})

describe.each(laterFamilies)('%s', (name) => {
  beforeAll(() => run(selectEngine('wasm')))
  const model = join(familiesFolder, name)

  it('written with its configuration, and with an adapter merged, scores the same', async () => {
    const copy = await rewritten(name)
    expect(await scoresOf(name, { model: copy })).toEqual(await scoresOf(name, { model }))
    const [adapter, merged] = [join(model, 'adapter'), join(work, `${name}-merged`)]
    await run(mergeAdapter(copy, adapter, merged))
    const beside = await scoresOf(name, { model, adapter })
    expect(largest(await scoresOf(name, { model: merged }), beside)).toBeLessThan(1e-4)
    expect(largest(await scoresOf(name, { model }), beside)).toBeGreaterThan(0.01)
  })

  const native = installedEngines().some((e) => e.name === 'native' && e.available)
  ;(native ? it : it.skip)('in bfloat16 on the native engine scores within its precision', async () => {
    await run(selectEngine('native'))
    const exact = await scoresOf(name, { model })
    const brief = await scoresOf(name, { model, dtype: 'bfloat16' })
    expect(largest(exact, brief)).toBeLessThan(0.3)
    expect(largest(exact, brief)).toBeGreaterThan(0)
  })
})
