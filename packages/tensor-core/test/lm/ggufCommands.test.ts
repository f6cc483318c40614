/** A GGUF file in place of a model folder, in every command that takes one; and `convert`. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '../../src/cli/kit'
import { binary } from '../../src/cli/binary'
import { openModelFolder } from '../../src/formats'
import { right } from '../formats/folder'
import { ggufPath } from '../formats/ggufGolden'

const work = mkdtempSync(join(tmpdir(), 'gguf-'))
const model = ggufPath('qwen2')
const data = join(work, 'rows.jsonl')
writeFileSync(
  data,
  ['how do i clean', 'the river is cold', 'in 1999']
    .map((prompt) => JSON.stringify({ prompt, response: 'the end' }))
    .join('\n'),
)

const run = async (...argv: ReadonlyArray<string>) => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, [...argv, '--quiet'], {
    stdout: (text) => {
      said.out += text
    },
    stderr: (text) => {
      said.err += text
    },
  })
  return { code, ...said }
}

it('score, generate, train, merge and info read it', async () => {
  const out = (name: string): string => join(work, name)
  const common = ['--model', model, '--engine', 'wasm']
  const runs = [
    ['score', ...common, '--data', data, '--out', out('score.jsonl')],
    ['generate', ...common, '--prompts', data, '--max-new-tokens', '2', '--out', out('generated.jsonl')],
    ['train', ...common, '--data', data, '--rank', '2', '--max-steps', '1', '--out', out('adapter')],
    ['train', ...common, '--data', data, '--full', '--max-steps', '1', '--out', out('full')],
    ['merge', ...common, '--adapter', out('adapter'), '--out', out('merged')],
    ['score', '--engine', 'wasm', '--model', out('merged'), '--data', data, '--out', out('merged.jsonl')],
    ['score', '--engine', 'wasm', '--model', out('full'), '--data', data, '--out', out('full.jsonl')],
  ]
  for (const argv of runs) expect(await run(...argv)).toMatchObject({ code: 0, err: '' })
  expect(readFileSync(out('merged.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3)
  const info = await run('info', ...common, '--json')
  expect(JSON.parse(info.out)).toMatchObject({
    model: {
      architecture: 'Qwen2ForCausalLM',
      layers: 2,
      hiddenSize: 64,
      dtype: expect.any(String) as unknown,
    },
  })
}, 120_000)

it('convert writes a folder, of the type asked for, and replaces one only when told to', async () => {
  const out = join(work, 'converted')
  const done = await run('convert', '--model', model, '--out', out, '--dtype', 'float16', '--json')
  expect(done).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(done.out)).toMatchObject({ out, dtype: 'float16' })
  expect(readdirSync(out).sort()).toEqual([
    'chat_template.jinja',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  expect(right(await openModelFolder(out)()).config.torchDtype).toBe('float16')
  const again = await run('convert', '--model', model, '--out', out)
  expect(again.code).toBe(2)
  expect(again.err).toContain('--overwrite')
  expect((await run('convert', '--model', model, '--out', out, '--overwrite')).code).toBe(0)
  expect(right(await openModelFolder(out)()).config.torchDtype).toBe('bfloat16')
  expect((await run('convert', '--model', model, '--out', out, '--dtype', 'int8')).code).toBe(2)
})

it('convert copies a folder as it is stored', async () => {
  const [once, twice] = [join(work, 'once'), join(work, 'twice')]
  expect((await run('convert', '--model', model, '--out', once, '--dtype', 'float16')).code).toBe(0)
  expect((await run('convert', '--model', once, '--out', twice)).code).toBe(0)
  for (const name of readdirSync(once))
    expect(readFileSync(join(twice, name)).equals(readFileSync(join(once, name)))).toBe(true)
})

it('convert leaves nothing where it fails', async () => {
  const path = join(work, 'broken.gguf')
  writeFileSync(path, readFileSync(model).subarray(0, 100_000))
  const out = join(work, 'none')
  const said = await run('convert', '--model', path, '--out', out)
  expect(said.code).toBe(2)
  expect(said.err).toMatch(/broken\.gguf: .*\n$/)
  expect(existsSync(out)).toBe(false)
})
