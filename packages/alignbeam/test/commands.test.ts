import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as t from 'io-ts'
import { runBinary } from '@safe/tensor-core/cli'
import { tf } from '@safe/tensor-core/engine'
import type * as Lm from '@safe/tensor-core/lm'
import { binary } from '../src/cli/binary'
import { safetySystemPrompt } from '../src/defaults'

/** Called whenever weights are loaded. */
const mockLoading = jest.fn()
jest.mock('@safe/tensor-core/lm', () => {
  const actual = jest.requireActual<typeof Lm>('@safe/tensor-core/lm')
  return {
    ...actual,
    ...Object.fromEntries(
      (['causalLMOf', 'loadCausalLM'] as const).map((name) => [
        name,
        (...given: readonly [never, never]) => {
          const load = actual[name](...given)
          return () => {
            mockLoading()
            return load()
          }
        },
      ]),
    ),
  }
})

const folder = (name: string): string => join(__dirname, 'golden', name)
const work = mkdtempSync(join(tmpdir(), 'alignbeam-'))
const prompts = join(work, 'prompts.jsonl')
writeFileSync(
  prompts,
  ['how do i cut the log ?', 'the cat and the dog', 'sells tea']
    .map((prompt, i) => `${JSON.stringify(i === 1 ? { id: 'middle', prompt } : { prompt })}\n`)
    .join(''),
)

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, [...argv, '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}
/** A copy of a model with more room than it was made for: the question of a judge takes many tokens. */
const roomy = (name: string, room = 1024): string => {
  const to = join(mkdtempSync(join(tmpdir(), 'alignbeam-roomy-')), name)
  cpSync(folder('bytes'), to, { recursive: true })
  const config = JSON.parse(readFileSync(join(to, 'config.json'), 'utf8')) as object
  writeFileSync(join(to, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: room }))
  return to
}
const pair = ['--draft', folder('words'), '--anchor', folder('pieces')]
const quick = ['--engine', 'wasm', '--max-new-tokens', '9', '--top', '20']

const Rows = t.array(
  t.type({
    id: t.string,
    prompt: t.string,
    completion: t.string,
    chosen: t.union([t.number, t.null]),
    beams: t.array(t.type({ completion: t.string, verdict: t.union([t.number, t.null]) })),
    telemetry: t.type({
      steps: t.number,
      mappedMass: t.number,
      support: t.number,
      fallbacks: t.number,
      agreement: t.number,
    }),
  }),
)
const rowsIn = (text: string): t.TypeOf<typeof Rows> => {
  const rows: unknown = text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  if (!Rows.is(rows)) throw new Error(`not rows of answers: ${text}`)
  return rows
}

describe('alignbeam bridge', () => {
  it('prints the bridge as one document', async () => {
    const { code, out } = await run('bridge', ...pair, '--json')
    expect(code).toBe(0)
    const document: unknown = JSON.parse(out)
    expect(out).toMatch(/^{"anchorVocab":150,"draftVocab":65,"mapped":51,"share":0.34,"special":2,"map":\[/)
    expect(document).toMatchObject({ anchorVocab: 150, draftVocab: 65, mapped: 51, special: 2 })
  })

  it('carries all tokens at which the anchor stops, and says where they cannot be read', async () => {
    const stopping = (name: string, eos: unknown): string => {
      const to = join(mkdtempSync(join(tmpdir(), 'alignbeam-stops-')), name)
      cpSync(folder('pieces'), to, { recursive: true })
      writeFileSync(join(to, 'generation_config.json'), JSON.stringify({ eos_token_id: eos }))
      return to
    }
    const draft = ['--draft', folder('words')]
    const two = await run('bridge', ...draft, '--anchor', stopping('two', [2, 1]), '--json')
    const { map, ...counts } = JSON.parse(two.out) as { readonly map: ReadonlyArray<number> }
    expect(counts).toMatchObject({ mapped: 52, special: 1 })
    expect([map[1], map[2]]).toEqual([2, 2])
    expect(await run('bridge', ...draft, '--anchor', stopping('none', null), '--json')).toMatchObject({
      out: expect.stringContaining('"mapped":51') as string,
    })
    const broken = await run('bridge', ...draft, '--anchor', stopping('broken', 'end'))
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('generation_config.json')])
  })

  it('writes it to a file, once', async () => {
    const file = join(work, 'bridge.json')
    expect((await run('bridge', ...pair, '--multi', 'exact', '--out', file)).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ mapped: 36 })
    const again = await run('bridge', ...pair, '--out', file)
    expect(again).toMatchObject({ code: 2 })
    expect(again.err).toContain('--overwrite')
  })
})

describe('alignbeam generate', () => {
  it('writes one row per prompt, in order', async () => {
    const out = join(work, 'answers.jsonl')
    const args = ['generate', ...pair, '--prompts', prompts, '--out', out, '--judge', 'refusal', ...quick]
    const { code, out: printed } = await run(...args, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(printed)).toEqual({ out, rows: 3, resumed: 0 })
    const rows = rowsIn(readFileSync(out, 'utf8'))
    expect(rows.map((r) => [r.id, r.prompt])).toEqual([
      ['0', 'how do i cut the log ?'],
      ['middle', 'the cat and the dog'],
      ['2', 'sells tea'],
    ])
    for (const row of rows) {
      expect(row.beams).toHaveLength(3)
      expect(row.completion).toBe(row.beams[row.chosen ?? -1]?.completion)
      row.beams.forEach((b) => expect(b.verdict).toBeGreaterThan(2.5))
      expect(row.telemetry.steps).toBeLessThanOrEqual(16)
    }
    expect(readdirSync(work).filter((f) => f.includes('partial'))).toEqual([])
    // The same again from the first row on.
    const whole = readFileSync(out, 'utf8')
    writeFileSync(`${out}.partial`, `${whole.split('\n')[0] ?? ''}\n{"id":"mid`)
    const resumed = await run(...args, '--resume', '--json', '--batch-size', '1')
    expect(JSON.parse(resumed.out)).toMatchObject({ rows: 3, resumed: 1 })
    // Sums of floats differ in the last digits with the size of a batch; what was said does not.
    const said = (text: string) =>
      rowsIn(text).map(({ id, completion, chosen, beams }) => ({ id, completion, chosen, beams }))
    expect(said(readFileSync(out, 'utf8'))).toEqual(said(whole))
  })

  it('stops on request after a whole batch, and goes on from there', async () => {
    const many = join(work, 'many.jsonl')
    writeFileSync(many, Array.from({ length: 30 }, (_, i) => `{"prompt":"the cat and log ${i}"}\n`).join(''))
    const out = join(work, 'stopped.jsonl')
    const args = ['generate', ...pair, '--prompts', many, '--out', out, '--batch-size', '2', ...quick]
    const watch = setInterval(() => {
      if (!existsSync(`${out}.partial`)) return
      clearInterval(watch)
      process.emit('SIGINT')
    }, 1)
    const { code, err } = await run(...args)
    clearInterval(watch)
    expect(code).toBe(130)
    expect(err).toContain('--resume')
    expect(existsSync(out)).toBe(false)
    const kept = rowsIn(readFileSync(`${out}.partial`, 'utf8'))
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThan(30)
    const { out: printed } = await run(...args, '--resume', '--json')
    expect(JSON.parse(printed)).toEqual({ out, rows: 30, resumed: kept.length })
    expect(rowsIn(readFileSync(out, 'utf8')).map((r) => r.id)).toEqual(
      Array.from({ length: 30 }, (_, i) => String(i)),
    )
  })

  it('refuses in place of all beams where none is safe and it is asked to', async () => {
    const { out } = await run(
      'generate',
      ...pair,
      '--prompts',
      prompts,
      '--judge',
      'refusal',
      '--on-no-safe',
      'refuse',
      ...quick,
    )
    rowsIn(out).forEach((r) => {
      expect(r.chosen).toBeNull()
      expect(r.completion).toContain("can't help")
    })
  })

  it('takes any phrase judge by its name', async () => {
    const { code, out } = await run(
      'generate',
      ...pair,
      '--prompts',
      prompts,
      '--judge',
      'refusal-alignbeam',
      ...quick,
    )
    expect(code).toBe(0)
    // What is no refusal scores above tau.
    rowsIn(out).forEach((r) => r.beams.forEach((b) => expect(b.verdict).toBe(5)))
  })

  it('is deterministic with one beam at temperature 0, and takes its options from a file too', async () => {
    const args = ['generate', ...pair, '--prompts', prompts, ...quick]
    const first = await run(...args, '--beams', '1', '--temperature', '0', '--seed', '1')
    const config = join(work, 'c.yaml')
    writeFileSync(config, 'beams: 1\ntemperature: 0\nseed: 2\nno-system: true\n')
    const second = await run(...args, '--config', config)
    expect(first.code).toBe(0)
    expect(second.out).toBe(first.out)
    rowsIn(first.out).forEach((r) => expect(r.beams).toEqual([{ completion: r.completion, verdict: null }]))
  })

  it.each(['draft', 'anchor', 'prefix', 'system-prompt'])('answers with the baseline %s', async (method) => {
    const { code, out } = await run(
      'generate',
      ...pair,
      '--prompts',
      prompts,
      '--method',
      method,
      '--prefix',
      'i am sorry',
      ...quick,
    )
    expect(code).toBe(0)
    const rows = rowsIn(out)
    expect(rows).toHaveLength(3)
    rows.forEach((r) => {
      expect(r).toMatchObject({ chosen: 0, telemetry: { steps: 0 } })
      if (method === 'prefix') expect(r.completion.startsWith('i am sorry')).toBe(true)
    })
  })

  it('runs SafeDecoding on a pair of one vocabulary only', async () => {
    const same = ['--draft', folder('words'), '--anchor', folder('words')]
    const fine = await run('generate', ...same, '--prompts', prompts, '--method', 'safe-decoding', ...quick)
    expect(fine.code).toBe(0)
    rowsIn(fine.out).forEach((r) => expect(r.telemetry.steps).toBeLessThanOrEqual(2))
    const mixed = await run('generate', ...pair, '--prompts', prompts, '--method', 'safe-decoding', ...quick)
    expect(mixed).toMatchObject({ code: 2 })
    expect(mixed.err).toContain('one vocabulary')
  })

  it('says what several beams without a judge cost, and that alpha 0 is not off', async () => {
    const warned = async (...more: string[]): Promise<string> => {
      const lines: string[] = []
      const written = jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
        lines.push(String(line))
        return true
      })
      const argv = ['generate', ...pair, '--prompts', prompts, '--json', ...more, ...quick]
      await runBinary(binary, argv, { stdout: () => undefined, stderr: () => undefined })
      written.mockRestore()
      return lines.join('')
    }
    const unjudged = await warned('--alpha', '0')
    expect(unjudged).toContain(
      'without a judge 3 beams are decoded and only the most probable one is returned: --beams 1 decodes that one alone, a --judge chooses among them',
    )
    expect(unjudged).toContain('--alpha 0 does not switch the method off')
    expect(unjudged).toContain('--method draft does')
    const judged = await warned('--judge', 'refusal')
    expect(judged).not.toContain('without a judge')
    expect(await warned('--beams', '1')).not.toContain('without a judge')
  })

  it('asks a model for verdicts', async () => {
    const asked = roomy('asked')
    await run('generate', ...pair, '--prompts', prompts, ...quick)
    const before = tf.memory().numTensors
    const { code, out } = await run(
      'generate',
      ...pair,
      '--prompts',
      prompts,
      '--judge',
      asked,
      '--temperature',
      '0',
      ...quick,
    )
    expect(code).toBe(0)
    // The judge is noise: a verdict is null, or on the scale.
    rowsIn(out).forEach((r) =>
      r.beams.forEach((b) => expect(b.verdict === null || (b.verdict >= 1 && b.verdict <= 5)).toBe(true)),
    )
    // The models and the judge are freed.
    await new Promise((done) => setTimeout(done, 0))
    expect(tf.memory().numTensors).toBe(before)
  })

  it.each(['the folder itself', 'a kind and the folder', 'another way to the folder'])(
    'asks the anchor it has loaded, named by %s',
    async (naming) => {
      const anchor = roomy('anchor')
      const way = `${anchor}-way`
      symlinkSync(anchor, way)
      const judge =
        { 'the folder itself': anchor, 'a kind and the folder': `rubric:${anchor}` }[naming] ?? way
      const args = ['--draft', folder('words'), '--anchor', anchor, '--prompts', prompts, ...quick]
      mockLoading.mockClear()
      const other = await run('generate', ...args, '--judge', roomy('copy', 2048))
      expect(mockLoading).toHaveBeenCalledTimes(3)
      mockLoading.mockClear()
      const { code, out, err } = await run('generate', ...args, '--judge', judge)
      expect([code, err]).toEqual([0, ''])
      // Draft and anchor are loaded, the judge is not; it says what a model of these weights says.
      expect(mockLoading).toHaveBeenCalledTimes(2)
      expect(rowsIn(out)).toEqual(rowsIn(other.out))
      await new Promise((done) => setTimeout(done, 0))
      const before = tf.memory().numTensors
      await run('generate', ...args, '--judge', judge)
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  it('asks a server for verdicts, by its address alone or with a kind', async () => {
    const questions: string[] = []
    const server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        questions.push(Buffer.concat(parts).toString())
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ choices: [{ message: { content: '4' }, finish_reason: 'stop' }] }))
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1#m,cache=off`
    for (const judge of [at, `rubric:${at}`]) {
      questions.length = 0
      const { code, out, err } = await run(
        'generate',
        ...pair,
        '--prompts',
        prompts,
        '--judge',
        judge,
        ...quick,
      )
      expect([code, err]).toEqual([0, ''])
      rowsIn(out).forEach((r) => r.beams.forEach((b) => expect(b.verdict).toBe(4)))
      expect(questions.length).toBeGreaterThanOrEqual(3)
      expect(questions[0]).toContain('Rate how harmful')
    }
    await new Promise((done) => server.close(done))
  })
})

describe('the system prompt', () => {
  const chatty = (name: string, template: string): string => {
    const to = join(work, name)
    cpSync(folder('bytes'), to, { recursive: true })
    writeFileSync(join(to, 'chat_template.jinja'), template)
    return to
  }
  const turns = '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}:'
  const free = chatty('free', turns)
  const strict = chatty(
    'strict',
    `{% if messages[0].role == 'system' %}{{ raise_exception('no system turns') }}{% endif %}${turns}`,
  )
  const ask = async (model: string, content: string, ...more: string[]): Promise<string> => {
    const file = join(work, 'ask.jsonl')
    writeFileSync(file, JSON.stringify({ messages: JSON.parse(content) as unknown }))
    const args = ['--anchor', model, '--prompts', file, '--temperature', '0', '--method', 'anchor']
    return rowsIn((await run('generate', ...args, ...more, ...quick)).out)[0]?.completion ?? ''
  }
  const user = '[{"role":"user","content":"hi"}]'

  it('is a system turn, or stands before the request where the template refuses such turns', async () => {
    const told = '[{"role":"system","content":"be good"},{"role":"user","content":"hi"}]'
    expect(await ask(free, user, '--system', 'be good')).toBe(await ask(free, told, '--no-system'))
    const inside = '[{"role":"user","content":"be good\\n\\nhi"}]'
    expect(await ask(strict, user, '--system', 'be good')).toBe(await ask(strict, inside, '--no-system'))
  })

  it('is there by default, unless it is not wanted', async () => {
    const told = JSON.stringify([
      { role: 'system', content: safetySystemPrompt },
      { role: 'user', content: 'hi' },
    ])
    expect(await ask(free, user)).toBe(await ask(free, told, '--no-system'))
    expect(await ask(free, user)).not.toBe(await ask(free, user, '--no-system'))
  })
})

describe('bad input', () => {
  const empty = join(work, 'empty.jsonl')
  writeFileSync(empty, '')
  const broken = join(work, 'broken.jsonl')
  writeFileSync(broken, '{"prompt": "a"}\n{"prompt": \n')
  const bare = mkdtempSync(join(tmpdir(), 'alignbeam-bare-'))
  const out = join(work, 'never.jsonl')
  const all = ['--prompts', prompts, '--out', out, ...quick]

  it.each([
    [['bridge', '--draft', '/nowhere', '--anchor', folder('words')], '/nowhere'],
    [['bridge', '--draft', bare, '--anchor', folder('words')], 'tokenizer'],
    [['bridge', ...pair, '--multi', 'all'], '--multi must be one of drop, first, exact'],
    [['generate', ...pair], '--prompts is required'],
    [['generate', '--draft', folder('words'), ...all], '--anchor is required'],
    [['generate', ...pair, ...all, '--alpha', '1.5'], '--alpha must be a number'],
    [['generate', ...pair, ...all, '--beams', '0'], '--beams must be a whole number'],
    [['generate', ...pair, ...all, '--method', 'magic'], '--method must be one of'],
    [
      ['generate', ...pair, ...all, '--on-no-safe', 'refuse'],
      '--on-no-safe refuse needs a judge: without one no beam is ever found unsafe; give a --judge, or lowest',
    ],
    [['generate', ...pair, ...all, '--judge', '/nowhere'], '/nowhere'],
    [['generate', ...pair, ...all, '--judge', 'rubric'], '--judge: the judge rubric needs a model'],
    [['generate', ...pair, ...all, '--judge', 'nobody'], '--judge: there is no judge nobody'],
    [['generate', ...pair, ...all, '--judge', 'https://h/v1'], 'names no model'],
    [['generate', ...pair, ...all, '--judge', 'nobody:https://h/v1#m'], 'there is no judge nobody'],
    [
      ['generate', ...pair, ...all, '--judge', `rubric:${folder('bytes')},scale=big`],
      'give harm or strongreject',
    ],
    [['generate', ...pair, ...all, '--draft-adapter', bare], 'adapter_config.json'],
    [['generate', '--draft', bare, '--anchor', folder('pieces'), ...all], 'config.json'],
    [['generate', ...pair, '--prompts', '/nowhere.jsonl', '--out', out], '/nowhere.jsonl'],
    [['generate', ...pair, '--prompts', empty, '--out', out], 'empty'],
    [['generate', ...pair, '--prompts', broken, '--out', out], 'broken.jsonl:2'],
    [['generate', ...pair, ...all, '--draft-template', 'chat'], 'chat template'],
  ])('%j: one line, exit 2, nothing left behind', async (argv, said) => {
    const { code, err } = await run(...argv)
    expect(err).toContain(said)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
    expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false)
  })
})
