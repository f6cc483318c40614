import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import type { CausalLM } from '@safe/tensor-core/contracts'
import { selectEngine } from '@safe/tensor-core/engine'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { binary } from '../src/cli/binary'
import { type CompletionsServer, completionsServer } from './fixtures/completionsServer'
import { right } from './fixtures/right'

const folder = (name: string): string => join(__dirname, 'golden', name)
const work = mkdtempSync(join(tmpdir(), 'alignbeam-remote-'))
const prompts = join(work, 'prompts.jsonl')
writeFileSync(
  prompts,
  ['how do i cut the log ?', 'the cat and the dog', 'sells tea']
    .map((prompt) => `${JSON.stringify({ prompt })}\n`)
    .join(''),
)
/** A folder that holds a tokenizer alone. */
const tokenizerOf = (name: string): string => {
  const to = join(work, `tokenizer-${name}`)
  cpSync(folder(name), to, {
    recursive: true,
    filter: (path) => !/safetensors|[^r_]config\.json$/.test(path),
  })
  return to
}

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, ['generate', ...argv], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}
const quick = [
  '--prompts',
  prompts,
  '--engine',
  'wasm',
  '--max-new-tokens',
  '9',
  '--top',
  '200',
  '--temperature',
  '0',
]
const greedily = [...quick, '--repetition-penalty', '1', '--quiet']

const models: { draft?: CausalLM; anchor?: CausalLM } = {}
const at: { draft?: CompletionsServer; anchor?: CompletionsServer } = {}
const addressOf = (role: 'draft' | 'anchor'): string => at[role]?.address ?? ''

const loaded = (role: 'draft' | 'anchor'): CausalLM => {
  const model = models[role]
  if (model === undefined) throw new Error('not loaded')
  return model
}

beforeAll(async () => {
  process.env['SAFE_CACHE'] = join(work, 'cache')
  await right(selectEngine('wasm'))
  models.draft = await right(loadCausalLM({ model: folder('words') }))
  models.anchor = await right(loadCausalLM({ model: folder('pieces') }))
  at.draft = await completionsServer(models.draft, { shape: 'vllm' })
  at.anchor = await completionsServer(models.anchor, { shape: 'llamaCpp' })
})
afterAll(async () => {
  delete process.env['SAFE_CACHE']
  await Promise.all([at.draft?.close(), at.anchor?.close()])
  models.draft?.dispose()
  models.anchor?.dispose()
  rmSync(work, { recursive: true })
})

interface Row {
  readonly completion: string
  readonly beams: ReadonlyArray<{ readonly completion: string }>
  readonly telemetry: Readonly<Record<string, number>>
}
const rows = (text: string): ReadonlyArray<Row> =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
/** A server's text keeps the blank that a tokenizer leaves out before the first word. */
const said = (text: string) =>
  rows(text).map(({ completion, beams }) => [completion.trim(), beams.map((beam) => beam.completion.trim())])
const known = (): string[] => [
  '--draft-tokenizer',
  tokenizerOf('words'),
  '--anchor-tokenizer',
  tokenizerOf('pieces'),
]

describe('alignbeam generate with models behind URLs', () => {
  it('answers what the same models in this process answer, and from its cache a second time', async () => {
    const local = await run('--draft', folder('words'), '--anchor', folder('pieces'), ...greedily)
    const pair = ['--draft', addressOf('draft'), '--anchor', addressOf('anchor'), ...known()]
    const first = await run(...pair, ...greedily)
    expect([first.code, first.err]).toEqual([0, ''])
    expect(said(first.out)).toEqual(said(local.out))
    rows(first.out).forEach(({ telemetry }) => expect(telemetry['anchorUnlisted']).toBeCloseTo(0, 3))
    const asked = [at.draft?.asked.length, at.anchor?.asked.length]
    expect(said((await run(...pair, ...greedily)).out)).toEqual(said(first.out))
    expect([at.draft?.asked.length, at.anchor?.asked.length]).toEqual(asked)
    // One of the two in this process.
    const mixed = await run(
      '--draft',
      addressOf('draft'),
      '--anchor',
      folder('pieces'),
      ...known().slice(0, 2),
      ...greedily,
    )
    expect(said(mixed.out)).toEqual(said(local.out))
  })

  it.each(['draft', 'anchor', 'prefix', 'system-prompt'])('answers with the method %s', async (method) => {
    const method_ = ['--method', method, '--prefix', 'the cat', '--system', 'the dog and']
    const local = await run('--draft', folder('words'), '--anchor', folder('pieces'), ...method_, ...greedily)
    const remote = await run(
      ...['--draft', addressOf('draft'), '--anchor', addressOf('anchor')],
      ...known(),
      ...method_,
      ...greedily,
    )
    expect([remote.code, remote.err]).toEqual([0, ''])
    expect(said(remote.out)).toEqual(said(local.out))
  })

  it('answers without tokenizers too, also where a server gives few tokens', async () => {
    const few = await completionsServer(loaded('anchor'), { most: 5 })
    const { code, out } = await run(
      ...[
        '--draft',
        addressOf('draft'),
        '--anchor',
        few.address,
        '--draft-template',
        'none',
        '--anchor-template',
        'qa',
      ],
      ...greedily,
    )
    await few.close()
    expect(code).toBe(0)
    expect(rows(out)).toHaveLength(3)
    rows(out).forEach(({ telemetry }) => expect(telemetry['effectiveTop']).toBeLessThanOrEqual(5))
    expect(few.asked[0]?.prompt).toMatch(/^Q:how do i cut the log \?\nA:/)
  })
})

describe('bad input', () => {
  const out = join(work, 'never.jsonl')
  const url = 'http://127.0.0.1:9/v1#m'
  it.each([
    [
      ['--draft', url, '--anchor', folder('pieces'), '--method', 'safe-decoding'],
      '--draft must be a model folder',
    ],
    [
      ['--draft', folder('words'), '--anchor', url, '--method', 'safe-decoding'],
      '--anchor must be a model folder',
    ],
    [['--draft', url, '--anchor', url, '--draft-adapter', folder('words')], '--draft-adapter cannot be put'],
    [
      ['--draft', url, '--anchor', url, '--draft-continuation', 'tokens'],
      '--draft-continuation needs the tokenizer',
    ],
    [['--draft', url, '--anchor', url, '--anchor-template', 'chat'], '--anchor-template must not be chat'],
    [
      ['--draft', url, '--anchor', url, '--anchor-continuation', 'chat', '--anchor-template', 'qa'],
      'is not used where the server continues a chat',
    ],
    [['--draft', folder('words'), '--anchor', url, '--draft-tokenizer', folder('words')], 'behind a URL'],
    [['--draft', url, '--anchor', url, '--draft-tokenizer', work], 'tokenizer'],
    [['--draft', 'http://127.0.0.1:9/v1', '--anchor', url], 'names no model'],
    [['--draft', url, '--anchor', url, '--anchor-template', '/nowhere.jinja'], '/nowhere.jinja'],
    [
      ['--draft', url, '--anchor', url, '--draft-api-key-env', 'not a name'],
      '--draft-api-key-env is not the name',
    ],
  ])('%j: one line, exit 2, nothing left behind', async (argv, message) => {
    const { code, err } = await run(...argv, ...greedily, '--out', out)
    expect(err).toContain(message)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false)
  })

  it('a server that tells no log-probabilities', async () => {
    const silent = await completionsServer(loaded('anchor'), { givesLogProbs: false })
    const { code, err } = await run('--draft', folder('words'), '--anchor', silent.address, ...greedily)
    await silent.close()
    expect(code).toBe(2)
    expect(err).toContain(`${silent.address}: gives no log-probabilities`)
  })
})
