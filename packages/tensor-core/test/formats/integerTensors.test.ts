/**
 * Integer tensors (I8 to I64, U8, BOOL) are no weights: a header that says I32 over float bytes would be read as numbers around
 * 1e9. They are refused by tensor, dtype and file wherever a weight or an adapter factor is read; their bytes stay readable.
 */
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binary } from '../../src/cli/binary'
import { runBinary } from '../../src/cli/kit'
import { selectEngine } from '../../src/engine'
import { openWeights, readAdapter, readSafetensors, writeSafetensors } from '../../src/formats'
import { loadCausalLM, mergeAdapter } from '../../src/lm'
import { golden, goldenFolder } from '../lm/golden'
import { folderWith, right } from './folder'

const widths = { I8: 1, I16: 2, I32: 4, I64: 8, U8: 1, BOOL: 1 }
const dtypes = Object.keys(widths)
const source = join(goldenFolder, 'grouped')

/** Writes the file again; the tensor's bytes are described as 32-bit integers. */
const relabel = async (path: string, tensor: string, dtype = 'I32'): Promise<void> => {
  const file = right(await readSafetensors(path)())
  const tensors = await Promise.all([...file.tensors.keys()].map(async (n) => right(await file.readRaw(n)())))
  expect(tensors.map(({ name }) => name)).toContain(tensor)
  const changed = tensors.map((t) => (t.name === tensor ? { ...t, dtype } : t))
  right(await writeSafetensors(path, changed, file.metadata)())
}

const query = 'model.layers.0.self_attn.q_proj'
const factor = `base_model.model.${query}.lora_B.weight`

/** A model folder with an adapter in it; one tensor of either is relabelled. */
const modelWith = async (integer: 'weight' | 'factor'): Promise<{ model: string; file: string }> => {
  const model = join(folderWith(), 'model')
  cpSync(source, model, { recursive: true })
  const file =
    integer === 'weight'
      ? join(model, 'model.safetensors')
      : join(model, 'adapter', 'adapter_model.safetensors')
  await relabel(file, integer === 'weight' ? `${query}.weight` : factor)
  return { model, file }
}

const containing = (text: string): string => expect.stringContaining(text) as string

const weightRefused = (file: string) => ({
  _tag: 'Left',
  left: {
    kind: 'input',
    _tag: 'FileUnsupported',
    where: file,
    message: expect.stringMatching(
      /^tensor "model\.layers\.0\.self_attn\.q_proj\.weight" is I32, /,
    ) as string,
  },
})

const factorRefused = (file: string) => ({
  _tag: 'Left',
  left: {
    kind: 'input',
    _tag: 'FileUnsupported',
    where: file,
    message: containing(`tensor "${factor}" is I32, `),
  },
})

beforeAll(() => selectEngine('wasm')())

describe('a safetensors file', () => {
  it.each(dtypes)('refuses to read %s as numbers, and gives its bytes', async (dtype) => {
    const width = widths[dtype as keyof typeof widths]
    const bytes = Uint8Array.from({ length: 3 * width }, (_, i) => i)
    const path = join(folderWith(), 'x.safetensors')
    right(
      await writeSafetensors(path, [
        { name: 'ids', dtype, shape: [3], bytes },
        { name: 'w', dtype: 'F32', shape: [1], values: Float32Array.of(2) },
      ])(),
    )
    const file = right(await readSafetensors(path)())
    expect(await file.read('ids')()).toMatchObject({
      left: { kind: 'input', where: path, message: containing(`tensor "ids" is ${dtype}, `) },
    })
    expect(right(await file.readRaw('ids')())).toEqual({ name: 'ids', dtype, shape: [3], bytes })
    expect(right(await file.read('w')())).toEqual(Float32Array.of(2))
  })

  it('of several shards refuses them too, naming the shard', async () => {
    const folder = folderWith({
      'model.safetensors.index.json': JSON.stringify({ weight_map: { w: 'a.safetensors' } }),
    })
    const path = join(folder, 'a.safetensors')
    const bytes = new Uint8Array(Float32Array.of(0.5).buffer)
    right(await writeSafetensors(path, [{ name: 'w', dtype: 'I32', shape: [1], bytes }])())
    const weights = right(await openWeights(folder)())
    expect(await weights.read('w')()).toMatchObject({
      left: { where: path, message: containing('tensor "w" is I32, ') },
    })
  })
})

describe('a model', () => {
  it('with an integer weight is not loaded', async () => {
    const { model, file } = await modelWith('weight')
    expect(await loadCausalLM({ model })()).toMatchObject(weightRefused(file))
  })

  it('with an integer weight that an adapter changes is not merged', async () => {
    const { model, file } = await modelWith('weight')
    const out = join(folderWith(), 'merged')
    expect(await mergeAdapter(model, join(model, 'adapter'), out)()).toMatchObject(weightRefused(file))
    expect(existsSync(out)).toBe(false)
  })

  it('keeps integer tensors that nothing reads, also through a merge', async () => {
    const model = join(folderWith(), 'model')
    cpSync(source, model, { recursive: true })
    const path = join(model, 'model.safetensors')
    const file = right(await readSafetensors(path)())
    const tensors = await Promise.all(
      [...file.tensors.keys()].map(async (n) => right(await file.readRaw(n)())),
    )
    const ids = { name: 'position_ids', dtype: 'I64', shape: [2], bytes: new Uint8Array(16).fill(7) }
    right(await writeSafetensors(path, [...tensors, ids], file.metadata)())
    right(await loadCausalLM({ model })()).dispose()
    const out = join(folderWith(), 'merged')
    right(await mergeAdapter(model, join(model, 'adapter'), out)())
    const merged = right(await openWeights(out)())
    expect(right(await merged.readRaw('position_ids')())).toEqual(ids)
  })
})

describe('an adapter', () => {
  it('with an integer factor is not read', async () => {
    const { model, file } = await modelWith('factor')
    expect(await readAdapter(join(model, 'adapter'))()).toMatchObject(factorRefused(file))
  })
})

describe('the command line', () => {
  const rows = join(folderWith(), 'rows.jsonl')
  writeFileSync(rows, golden.lora.rows.map((r) => `${JSON.stringify(r)}\n`).join(''))

  it.each(['weight', 'factor'] as const)('exits with 2 for an integer %s and names it', async (integer) => {
    const { model, file } = await modelWith(integer)
    const said = { out: '', err: '' }
    const out = join(folderWith(), 'scores.jsonl')
    const code = await runBinary(
      binary,
      [
        ...['score', '--model', model, '--adapter', join(model, 'adapter')],
        ...['--data', rows, '--out', out, '--engine', 'wasm', '--quiet'],
      ],
      { stdout: (s) => (said.out += s), stderr: (s) => (said.err += s) },
    )
    expect(code).toBe(2)
    expect(said.err).toContain(file)
    expect(said.err).toContain(`${integer === 'weight' ? `${query}.weight` : factor}" is I32`)
    expect(existsSync(out)).toBe(false)
  })
  it('info names an integer weight of a model too, from the header alone', async () => {
    const { model } = await modelWith('weight')
    const said = { err: '' }
    const code = await runBinary(binary, ['info', '--model', model, '--engine', 'wasm'], {
      stdout: () => undefined,
      stderr: (s) => (said.err += s),
    })
    expect(code).toBe(2)
    expect(said.err).toContain(`${query}.weight" is I32`)
  })
})
