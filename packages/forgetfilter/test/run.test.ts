import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { runBinary } from '@safe/tensor-core/cli'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { readModelConfig, writeModelFolder } from '@safe/tensor-core/formats'
import { parameterShapes } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import { binary } from '../src/cli/binary'

const dir = mkdtempSync(join(tmpdir(), 'forgetfilter-'))
const at = (name: string): string => join(dir, name)
const jsonl = (rows: ReadonlyArray<unknown>): string => rows.map((r) => `${JSON.stringify(r)}\n`).join('')

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, argv, {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}

/** Benign rows answer 7 7 to prompts that begin with 5; unsafe rows answer 9 9 to those with 6, safe rows 3 3. */
const noisy = Array.from({ length: 12 }, (_, i) => ({
  id: `r${i}`,
  promptTokens: i % 3 === 0 ? [6, 10 + i] : [5, 10 + i],
  responseTokens: i % 3 === 0 ? [9, 9] : [7, 7],
}))
const safe = Array.from({ length: 8 }, (_, i) => ({ promptTokens: [6, 10 + i], responseTokens: [3, 3] }))

beforeAll(async () => {
  await selectEngine('wasm')()
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: 32,
    hidden_size: 16,
    intermediate_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    tie_word_embeddings: false,
    eos_token_id: 1,
  }
  writeFileSync(at('config.json'), JSON.stringify(config))
  const decoded = await readModelConfig(dir)()
  if (E.isLeft(decoded)) throw new Error(decoded.left.message)
  const model = 'config' in decoded.right ? decoded.right.config : decoded.right
  const draw = stream(1, 'weights')
  const written = await writeModelFolder(at('model'), {
    config: model,
    tensors: parameterShapes(model).map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1)
      const values = Float32Array.from({ length: size }, () =>
        name.includes('norm') ? 1 : draw.normal() * 0.5,
      )
      return { name, shape, values, dtype: 'F32' }
    }),
  })()
  if (E.isLeft(written)) throw new Error(written.left.message)
  writeFileSync(at('noisy.jsonl'), jsonl(noisy))
  writeFileSync(at('safe.jsonl'), jsonl(safe))
})

const argv = (out: string): string[] => [
  ...[
    'run',
    '--engine',
    'cpu',
    '--quiet',
    '--json',
    '--model',
    at('model'),
    '--work',
    at('work'),
    '--out',
    out,
  ],
  ...[
    '--noisy',
    at('noisy.jsonl'),
    '--safe',
    at('safe.jsonl'),
    '--signal',
    'first-token',
    '--target-modules',
    'all-linear',
  ],
  ...['--lr', '0.02', '--dropout', '0', '--batch-size', '6', '--epochs', '8', '--steps', '2', '--clip', '0'],
]

describe('run on a language model', () => {
  it('keeps exactly the rows that its rates say, and frees every tensor', async () => {
    const before = tf.memory().numTensors
    const { code, out } = await run(...argv(at('kept.jsonl')))
    expect(code).toBe(0)
    expect(tf.memory().numTensors).toBe(before)
    const answer = JSON.parse(out) as { rates: string; kept: number; dropped: number; indeterminate: number }
    expect(answer.kept + answer.dropped + answer.indeterminate).toBe(noisy.length)
    expect(answer.dropped).toBeGreaterThan(0)
    const rates = readFileSync(answer.rates, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; rate: number })
    expect(rates.map((r) => r.id)).toEqual(noisy.map((r) => r.id))
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe(jsonl(noisy.filter((_, i) => rates[i]!.rate <= 0.1)))
    // The safe rows teach another answer to the prompts of the unsafe rows.
    expect(rates.filter((_, i) => i % 3 === 0).every(({ rate }) => rate > 0)).toBe(true)
  })

  it('goes on from what the work folder holds, to the same numbers', async () => {
    const rates = (): string =>
      readFileSync(
        join(
          at('work'),
          readdirSync(at('work')).find((f) => f.startsWith('rates'))!,
        ),
        'utf8',
      )
    const first = rates()
    for (const name of readdirSync(at('work')))
      if (!name.startsWith('m1')) rmSync(join(at('work'), name), { recursive: true })
    expect((await run(...argv(at('again.jsonl')))).code).toBe(0)
    expect(rates()).toBe(first)
  })

  it.each([
    [['--model', '/nowhere'], /does not exist/],
    [['--target-modules', 'nothing'], /names nothing/],
    [['--signal', 'rouge'], /rouge compares words/],
  ])('refuses %j in one line, and writes nothing', async (changed, said) => {
    const { code, err } = await run(...argv(at('never.jsonl')), '--work', at('unused'), ...changed)
    expect(err).toMatch(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(at('never.jsonl')) || existsSync(at('unused'))).toBe(false)
  })
})
