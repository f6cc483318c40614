/** Tiny GGUF files of each architecture against transformers for the same file: ids, template, log-probabilities; and conversion. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRight } from 'fp-ts/Either'
import { convertModel, openModelFolder, openWeights } from '../../src/formats'
import { selectEngine } from '../../src/engine'
import { loadCausalLM } from '../../src/lm'
import { loadTokenizer } from '../../src/text'
import { folderWith, right } from '../formats/folder'
import { ggufPath, golden } from '../formats/ggufGolden'

beforeAll(async () => {
  expect(isRight(await selectEngine('wasm')())).toBe(true)
})

const names = Object.keys(golden.models)
const want = (name: string) => {
  const model = golden.models[name]
  if (model === undefined) throw new Error(`no golden model ${name}`)
  return model
}

const tokenizerOf = async (path: string) => {
  const tokenizer = right(await loadTokenizer(path)())
  if (tokenizer === undefined) throw new Error(`${path} has no tokenizer`)
  return tokenizer
}

const logProbs = async (path: string, name: string): Promise<ReadonlyArray<ReadonlyArray<number>>> => {
  const lm = right(await loadCausalLM({ model: path, template: 'none' })())
  const rows = want(name).rows.map((row, i) => ({
    id: String(i),
    prompt: { kind: 'tokens' as const, tokens: row.slice(0, 1) },
    response: { kind: 'tokens' as const, tokens: row.slice(1) },
    raw: '',
    fields: {},
  }))
  const scores = right(await lm.score(rows)())
  lm.dispose()
  return scores.map((s) => s.logProbs.slice())
}

/** The largest difference of two lists of rows. */
const difference = (
  a: ReadonlyArray<ReadonlyArray<number>>,
  b: ReadonlyArray<ReadonlyArray<number>>,
): number => Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[i]?.[j] ?? NaN)))))

it.each(names)('%s: ids, special tokens and template are those of transformers', async (name) => {
  const { ids, withSpecial, bos, eos, pad, chat } = want(name)
  const tokenizer = await tokenizerOf(ggufPath(name))
  expect(golden.texts.map((text) => tokenizer.encode(text))).toEqual(ids)
  expect([...tokenizer.prefixTokens, ...tokenizer.encode('how do i')]).toEqual(withSpecial)
  expect([bos, eos, pad]).toEqual(
    ['bos_token', 'eos_token', 'pad_token'].map((key) => tokenizer.specialTokens[key] ?? null),
  )
  const rendered = tokenizer.chat?.([{ role: 'user', content: 'how do i' }], { addGenerationPrompt: true })
  expect(rendered ?? null).toBe(chat)
})

it.each(names)('%s: log-probabilities are those of transformers', async (name) => {
  expect(difference(await logProbs(ggufPath(name), name), want(name).logProbs)).toBeLessThan(1e-4)
})

it.each(names)('%s: converted to float32, the folder holds the same model', async (name) => {
  const out = join(folderWith(), 'model')
  const file = right(await openModelFolder(ggufPath(name))())
  const converted = right(
    await convertModel(ggufPath(name), out, { dtype: 'float32', maxShardBytes: 100_000 })(),
  )
  const folder = right(await openModelFolder(out)())
  expect(converted.tensors).toBe(file.weights.tensors.size)
  expect(folder.config).toEqual({ ...file.config, torchDtype: 'float32' })
  expect(folder.stopTokens).toEqual(file.stopTokens)
  expect([...folder.companions].sort()).toEqual([...file.companions].sort())
  for (const tensor of file.weights.tensors.keys())
    expect(right(await folder.weights.read(tensor)())).toEqual(right(await file.weights.read(tensor)()))
  const [ours, theirs] = [await tokenizerOf(out), await tokenizerOf(ggufPath(name))]
  expect(golden.texts.map((text) => ours.encode(text))).toEqual(
    golden.texts.map((text) => theirs.encode(text)),
  )
  expect(ours.prefixTokens).toEqual(theirs.prefixTokens)
  const index: unknown = JSON.parse(readFileSync(join(out, 'model.safetensors.index.json'), 'utf8'))
  expect(index).toMatchObject({ metadata: { total_size: 4 * converted.parameters } })
})

it('converts to bfloat16 by default, and to float16', async () => {
  const out = join(folderWith(), 'model')
  for (const [options, dtype] of [
    [{}, 'BF16'],
    [{ dtype: 'float16' as const }, 'F16'],
  ] as const) {
    right(await convertModel(ggufPath('qwen2'), out, options)())
    const weights = right(await openWeights(out)())
    expect(new Set([...weights.tensors.values()].map((tensor) => tensor.dtype))).toEqual(new Set([dtype]))
  }
})

it('reads the bytes of a tensor as it reads its values', async () => {
  const weights = right(await openWeights(ggufPath('llama'))())
  for (const [name, { dtype }] of weights.tensors) {
    const { bytes } = right(await weights.readRaw(name)())
    const values = right(await weights.read(name)())
    if (dtype === 'F32') expect(Buffer.from(bytes).equals(Buffer.from(values.buffer))).toBe(true)
    else expect(bytes.byteLength).toBe(values.length * 2)
  }
})
