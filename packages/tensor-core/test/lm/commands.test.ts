import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  readdirSync,
  writeFileSync,
  copyFileSync,
  mkdirSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../../src/cli/binary'
import { runBinary } from '../../src/cli/kit'
import { selectEngine, tf } from '../../src/engine'
import { readAdapter, writeAdapter } from '../../src/formats'
import { golden, goldenFolder, relativeError } from './golden'

const work = mkdtempSync(join(tmpdir(), 'lm-'))
const model = join(goldenFolder, 'grouped')
const data = join(work, 'rows.jsonl')
writeFileSync(data, golden.lora.rows.map((r) => `${JSON.stringify(r)}\n`).join(''))

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}
const run = async (...argv: string[]): Promise<Said> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, [...argv, '--engine', 'wasm', '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}
const rowsOf = (path: string): Array<Record<string, unknown>> =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

beforeAll(() => selectEngine('wasm')())

describe('score', () => {
  it('writes one row per example, in order, and leaves no tensor', async () => {
    const before = tf.memory().numTensors
    const out = join(work, 'scores.jsonl')
    expect(
      (await run('score', '--model', model, '--data', data, '--out', out, '--batch-size', '3')).code,
    ).toBe(0)
    expect(rowsOf(out).map((r) => r['id'])).toEqual(golden.lora.rows.map((_, i) => String(i)))
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('generate', () => {
  it('gives the same sampled rows whatever the batch size, and goes on where it stopped', async () => {
    const [a, b] = [join(work, 'g1.jsonl'), join(work, 'g2.jsonl')]
    const options = [
      '--model',
      model,
      '--prompts',
      data,
      '--max-new-tokens',
      '7',
      '--temperature',
      '1.2',
      '--logprobs',
      '2',
    ]
    await run('generate', ...options, '--out', a, '--batch-size', '1')
    // an earlier run that was stopped in the middle of its fourth row
    writeFileSync(
      `${b}.partial`,
      `${readFileSync(a, 'utf8').split('\n').slice(0, 3).join('\n')}\n{"id": "3", "comp`,
    )
    const resumed = await run('generate', ...options, '--out', b, '--batch-size', '4', '--resume', '--json')
    expect(resumed.code).toBe(0)
    expect(JSON.parse(resumed.out)).toMatchObject({ rows: 10, resumed: 3 })
    const tokensOf = (path: string): unknown => rowsOf(path).map((r) => r['completionTokens'])
    expect(tokensOf(b)).toEqual(tokensOf(a))
    expect(existsSync(`${b}.partial`)).toBe(false)
    expect((await run('generate', ...options, '--out', b)).code).toBe(2)
  })

  it('goes on from rows of the same options alone: the option that differs is named', async () => {
    const [whole, parts] = [join(work, 'whole.jsonl'), join(work, 'part.jsonl')]
    const options = ['--model', model, '--prompts', data, '--max-new-tokens', '200', '--batch-size', '1']
    expect((await run('generate', ...options, '--out', whole)).code).toBe(0)
    const stopped = run('generate', ...options, '--out', parts)
    const wait = setInterval(() => {
      if (existsSync(`${parts}.partial`) && readFileSync(`${parts}.partial`, 'utf8').includes('\n')) {
        clearInterval(wait)
        process.emit('SIGINT')
      }
    }, 1)
    expect((await stopped).code).toBe(130)
    clearInterval(wait)
    const other = await run('generate', ...options, '--out', parts, '--resume', '--temperature', '0.7')
    expect(other.code).toBe(2)
    expect(other.err).toContain('holds a run with --temperature 0, this one has 0.7')
    expect((await run('generate', ...options, '--out', parts, '--resume')).code).toBe(0)
    expect(readFileSync(parts, 'utf8')).toBe(readFileSync(whole, 'utf8'))
    expect(readdirSync(work).filter((name) => name.startsWith('part.jsonl'))).toEqual(['part.jsonl'])
  })

  it('makes the folders above its output', async () => {
    const out = join(work, 'some', 'where', 'g.jsonl')
    const said = await run(
      'generate',
      '--model',
      model,
      '--prompts',
      data,
      '--max-new-tokens',
      '1',
      '--out',
      out,
    )
    expect(said).toMatchObject({ code: 0, err: '' })
    expect(rowsOf(out)).toHaveLength(10)
  })

  it('refuses to go on from rows of another run', async () => {
    const out = join(work, 'other.jsonl')
    writeFileSync(`${out}.partial`, '{"id":"77"}\n')
    const said = await run('generate', '--model', model, '--prompts', data, '--out', out, '--resume')
    expect(said.code).toBe(2)
    expect(said.err).toContain('.partial:1: is not a row of these prompts')
  })
})

describe('train', () => {
  const options = [
    '--model',
    model,
    '--data',
    data,
    '--epochs',
    '4',
    '--batch-size',
    '3',
    '--rank',
    '4',
    '--lr',
    '5e-3',
  ]

  it('resumes exactly: the adapter is the same to the bit, the log is rewritten from the checkpoint on', async () => {
    const [whole, parts] = [join(work, 'whole'), join(work, 'parts')]
    const dropout = [...options, '--dropout', '0.2', '--target-modules', 'all-linear', '--accumulate', '2']
    expect((await run('train', ...dropout, '--out', whole, '--log', join(work, 'whole.log'))).code).toBe(0)
    // stopped by --max-steps' end would be another run: stop it by a signal after a few steps instead
    const stopped = run(
      'train',
      ...dropout,
      '--out',
      parts,
      '--checkpoint-every',
      '1',
      '--log',
      join(work, 'parts.log'),
    )
    const wait = setInterval(() => {
      if (
        existsSync(join(work, 'parts.log')) &&
        readFileSync(join(work, 'parts.log'), 'utf8').split('\n').length > 3
      ) {
        clearInterval(wait)
        process.emit('SIGINT')
      }
    }, 1)
    const first = await stopped
    clearInterval(wait)
    expect(first.code).toBe(130)
    expect(first.err).toContain('--resume')
    expect(existsSync(join(parts, 'adapter_model.safetensors'))).toBe(false)
    expect(readdirSync(join(parts, 'checkpoint'))).toHaveLength(1)
    const other = await run('train', ...dropout, '--out', parts, '--resume', '--seed', '7')
    expect(other.code).toBe(2)
    expect(other.err).toContain('holds a run with --seed 42, this one has 7; repeat the options')
    const again = await run(
      'train',
      ...dropout,
      '--out',
      parts,
      '--checkpoint-every',
      '1',
      '--log',
      join(work, 'parts.log'),
      '--resume',
    )
    expect(again.code).toBe(0)
    expect(
      readFileSync(join(parts, 'adapter_model.safetensors')).equals(
        readFileSync(join(whole, 'adapter_model.safetensors')),
      ),
    ).toBe(true)
    const stripped = (path: string): unknown =>
      rowsOf(path).map(({ seconds, ...rest }) => ({ ...rest, timed: typeof seconds }))
    expect(stripped(join(work, 'parts.log'))).toEqual(stripped(join(work, 'whole.log')))
    expect(readdirSync(parts).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'training.json',
    ])
  })

  it('--resume on a finished folder gives its result back, or names the option that differs', async () => {
    const [out, rows] = [join(work, 'finished'), join(work, 'other-rows.jsonl')]
    writeFileSync(rows, readFileSync(data, 'utf8').split('\n').slice(1).join('\n'))
    expect((await run('train', ...options, '--out', out)).code).toBe(0)
    const weights = (): Buffer => readFileSync(join(out, 'adapter_model.safetensors'))
    const before = weights()
    expect((await run('train', ...options, '--out', out, '--resume')).code).toBe(0)
    for (const [differs, ...argv] of [
      ['--rank 4, this one has 5', '--rank', '5'],
      ['--lr 0.005, this one has 0.01', '--lr', '0.01'],
      ['--no-shuffle false, this one has true', '--no-shuffle'],
      ['another data', '--data', rows],
      ['another --init-adapter', '--init-adapter', join(model, 'adapter')],
    ]) {
      const said = await run('train', ...options, '--out', out, '--resume', ...argv)
      expect([said.code, said.err]).toEqual([2, expect.stringContaining(`holds a run with ${differs ?? ''}`)])
    }
    rmSync(join(out, 'training.json'))
    const silent = await run('train', ...options, '--out', out, '--resume')
    expect([silent.code, silent.err]).toEqual([2, expect.stringContaining('no training.json says')])
    expect(weights().equals(before)).toBe(true)
  })

  it('goes on from an adapter and merges it: the merged model scores the same', async () => {
    const [next, merged] = [join(work, 'next'), join(work, 'merged')]
    await run('train', ...options, '--init-adapter', join(model, 'adapter'), '--out', next)
    expect(JSON.parse(readFileSync(join(next, 'adapter_config.json'), 'utf8'))).toMatchObject({
      r: 3,
      lora_alpha: 6,
    })
    expect((await run('merge', '--model', model, '--adapter', next, '--out', merged)).code).toBe(0)
    await run('score', '--model', model, '--adapter', next, '--data', data, '--out', join(work, 's1.jsonl'))
    await run('score', '--model', merged, '--data', data, '--out', join(work, 's2.jsonl'))
    const nll = (path: string): number[] => rowsOf(path).map((r) => Number(r['nll']))
    expect(relativeError(nll(join(work, 's2.jsonl')), nll(join(work, 's1.jsonl')))).toBeLessThan(1e-6)
  })

  it('with --overwrite takes the earlier result away first, so that going on does not find it', async () => {
    const [out, log] = [join(work, 'again'), join(work, 'again.log')]
    await run('train', ...options, '--out', out)
    const earlier = readFileSync(join(out, 'adapter_model.safetensors'))
    const other = [...options, '--lr', '1e-3', '--max-steps', '200', '--out', out, '--checkpoint-every', '2']
    const wait = setInterval(() => {
      if (existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 4) {
        clearInterval(wait)
        process.emit('SIGINT')
      }
    }, 1)
    expect((await run('train', ...other, '--overwrite', '--log', log)).code).toBe(130)
    clearInterval(wait)
    expect(existsSync(join(out, 'adapter_model.safetensors'))).toBe(false)
    expect((await run('train', ...other, '--resume')).code).toBe(0)
    expect(readFileSync(join(out, 'adapter_model.safetensors')).equals(earlier)).toBe(false)
    const onto = await run('train', ...options, '--full', '--overwrite', '--out', model)
    expect(onto.code).toBe(2)
    expect(onto.err).toContain('is the model that is trained')
  })

  it('stops where numbers overflow, naming the step and its rows, and writes nothing', async () => {
    const out = join(work, 'overflow')
    const said = await run('train', ...options, '--no-shuffle', '--lr', '1e30', '--out', out)
    expect(said.code).toBe(1)
    expect(said.err).toMatch(/rows 3, 4, 5: the (gradient|loss) is not finite at step 1; lower --lr/)
    expect(existsSync(out)).toBe(false)
  })

  it('says which log it cannot write', async () => {
    const before = tf.memory().numTensors
    const said = await run('train', ...options, '--log', work, '--out', join(work, 'unlogged'))
    expect(said.code).toBe(1)
    expect(said.err).toContain(`${work}: `)
    expect(said.err).toContain('it is a folder; give the path of a file')
    expect(tf.memory().numTensors).toBe(before)
  })

  it('trains all weights into a model folder', async () => {
    const out = join(work, 'full')
    expect((await run('train', ...options, '--full', '--out', out)).code).toBe(0)
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'generation_config.json']),
    )
    expect((await run('score', '--model', out, '--data', data, '--out', join(work, 's3.jsonl'))).code).toBe(0)
  })
})

describe('a signal', () => {
  /** Sends it once the file holds a line: only a loop that lets timers in can be stopped so. */
  const interruptedAt = async (path: string, ...argv: string[]): Promise<Said> => {
    const wait = setInterval(() => {
      if (existsSync(path) && readFileSync(path, 'utf8').includes('\n')) {
        clearInterval(wait)
        process.emit('SIGINT')
      }
    }, 1)
    const said = await run(...argv)
    clearInterval(wait)
    return said
  }
  const [log, out] = [join(work, 'sig.log'), join(work, 'sig.jsonl')]
  it.each<[string, string, string[]]>([
    [
      'training without checkpoints',
      log,
      [
        'train',
        '--model',
        model,
        '--data',
        data,
        '--max-steps',
        '400',
        '--log',
        log,
        '--out',
        join(work, 'sig'),
      ],
    ],
    [
      'generation',
      `${out}.partial`,
      [
        'generate',
        '--model',
        model,
        '--prompts',
        data,
        '--max-new-tokens',
        '150',
        '--batch-size',
        '1',
        '--out',
        out,
      ],
    ],
  ])('stops %s', async (_, path, argv) => {
    const { code, err } = await interruptedAt(path, ...argv)
    expect(err).toContain('stopped')
    expect(code).toBe(130)
  })
})

describe('an adapter with parts that are not applied', () => {
  it('is warned of by every command that reads it', async () => {
    const folder = join(work, 'extras')
    const read = await readAdapter(join(model, 'adapter'))()
    if (read._tag === 'Left') throw new Error(read.left.message)
    const extra = { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }
    const written = await writeAdapter(folder, {
      ...read.right,
      config: { ...read.right.config, bias: 'lora_only', modules_to_save: ['lm_head'] },
      extras: [
        { ...extra, name: 'base_model.model.lm_head.weight' },
        { ...extra, name: 'base_model.model.model.layers.0.self_attn.q_proj.bias' },
      ],
    })()
    expect(written._tag).toBe('Right')
    const heard = jest.spyOn(process.stderr, 'write').mockImplementation(() => true)
    const loud = (...argv: string[]): Promise<number> =>
      runBinary(binary, [...argv, '--engine', 'wasm'], { stdout: () => undefined, stderr: () => undefined })
    const both = ['--model', model, '--adapter', folder]
    for (const argv of [
      ['score', ...both, '--data', data, '--out', join(work, 'e1.jsonl')],
      ['generate', ...both, '--prompts', data, '--max-new-tokens', '1', '--out', join(work, 'e2.jsonl')],
      ['merge', ...both, '--out', join(work, 'e3')],
      ['info', ...both],
      ['train', '--model', model, '--init-adapter', folder, '--data', data, '--out', join(work, 'e4')],
    ]) {
      heard.mockClear()
      expect(await loud(...argv)).toBe(0)
      const warnings = heard.mock.calls.map(([line]) => String(line)).filter((l) => l.startsWith('warning'))
      expect(warnings.join('')).toContain('modules_to_save are kept but not applied: 1')
      expect(warnings.join('')).toContain('biases are kept but not applied: 1')
    }
    heard.mockRestore()
  })
})

describe('weights that are not numbers', () => {
  it('give neither scores nor completions', async () => {
    const broken = join(work, 'broken')
    mkdirSync(broken)
    copyFileSync(join(model, 'config.json'), join(broken, 'config.json'))
    const bytes = readFileSync(join(model, 'model.safetensors'))
    bytes.fill(255, bytes.length - 4000)
    writeFileSync(join(broken, 'model.safetensors'), bytes)
    const out = join(work, 'broken.jsonl')
    const said = await run('score', '--model', broken, '--data', data, '--out', out)
    expect(said.code).toBe(1)
    expect(said.err).toContain('row 0: has a score that is not a number')
    const told = await run('generate', '--model', broken, '--prompts', data, '--out', out)
    expect(told.code).toBe(1)
    expect(told.err).toContain('logits that are not numbers')
    expect(readdirSync(work).filter((f) => f.includes('broken.jsonl'))).toEqual([])
  })
})

describe('a failure after the model has been loaded', () => {
  it('leaves no tensor and no output', async () => {
    await selectEngine('wasm')()
    const before = tf.memory().numTensors
    const prompts = join(work, 'prompts.jsonl')
    writeFileSync(
      prompts,
      '{"promptTokens":[3],"responseTokens":[4]}\n{"promptTokens":[],"responseTokens":[4]}\n',
    )
    const out = join(work, 'nothing.jsonl')
    const said = await run('generate', '--model', model, '--prompts', prompts, '--out', out)
    expect(said.code).toBe(2)
    expect(said.err).toContain('prompts.jsonl, row 1: holds a prompt without tokens')
    expect(tf.memory().numTensors).toBe(before)
    expect(readdirSync(work).filter((f) => f.includes('nothing'))).toEqual([])
  })
})

describe('bad input', () => {
  const bad = (name: string, content: string): string => {
    writeFileSync(join(work, name), content)
    return join(work, name)
  }
  const damaged = join(work, 'damaged')
  mkdirSync(damaged, { recursive: true })
  copyFileSync(join(model, 'config.json'), join(damaged, 'config.json'))
  writeFileSync(
    join(damaged, 'model.safetensors'),
    readFileSync(join(model, 'model.safetensors')).subarray(0, 5000),
  )

  const endless = join(work, 'endless')
  mkdirSync(endless)
  writeFileSync(
    join(endless, 'config.json'),
    readFileSync(join(model, 'config.json'), 'utf8').replace(
      /"num_hidden_layers": \d+/,
      '"num_hidden_layers": 1000000000',
    ),
  )
  copyFileSync(join(model, 'model.safetensors'), join(endless, 'model.safetensors'))

  it.each<[string, string[], string]>([
    ['a missing model', ['--model', join(work, 'none'), '--data', data], 'does not exist'],
    ['a missing file', ['--model', model, '--data', join(work, 'none.jsonl')], 'none.jsonl'],
    ['damaged weights', ['--model', damaged, '--data', data], 'model.safetensors'],
    [
      'an adapter of another model',
      ['--model', model, '--data', data, '--adapter', join(goldenFolder, 'llama3', 'adapter')],
      `${join(goldenFolder, 'llama3', 'adapter')}: adapts`,
    ],
    [
      'a configuration of endless layers',
      ['--model', endless, '--data', data],
      'num_hidden_layers must be a positive whole number, at most 10000',
    ],
    [
      'a bad line',
      ['--model', model, '--data', bad('bad.jsonl', '{"promptTokens":[3],"responseTokens":[4]}\n{oops\n')],
      'bad.jsonl:2',
    ],
    [
      'a file whose rows have no response',
      ['--model', model, '--data', bad('none.jsonl', '{"promptTokens":[3],"responseTokens":[]}\n')],
      'holds no row with a response token',
    ],
    ['an empty file', ['--model', model, '--data', bad('empty.jsonl', '')], 'empty.jsonl'],
    [
      'text without a tokenizer',
      ['--model', model, '--data', bad('text.jsonl', '{"prompt":"a","response":"b"}\n')],
      'text.jsonl, row 0: is text, but the model folder has no tokenizer.json',
    ],
    [
      'a token beyond the vocabulary',
      ['--model', model, '--data', bad('big.jsonl', '{"promptTokens":[3],"responseTokens":[400]}\n')],
      '400',
    ],
    ['an impossible option', ['--model', model, '--data', data, '--batch-size', '0'], '--batch-size'],
  ])('%s gives one line, exit 2 and no output', async (_, argv, said) => {
    const out = join(work, 'never.jsonl')
    const { code, err } = await run('score', ...argv, '--out', out)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(err).toContain(said)
    expect(code).toBe(2)
    expect(readdirSync(work).filter((f) => f.includes('never'))).toEqual([])
  })

  it.each(['score', 'generate', 'train', 'merge'])('%s says where it cannot write', async (name) => {
    const file = join(work, 'a-file')
    writeFileSync(file, '')
    const inputs = {
      score: ['--data', data],
      generate: ['--prompts', data],
      train: ['--data', data],
      merge: ['--adapter', join(model, 'adapter')],
    }[name]
    const before = tf.memory().numTensors
    // A path through a file is seen to be wrong before any work; a folder that the system refuses is a failure.
    for (const [out, expected] of [
      [join(file, 'x'), 2],
      ['/proc/never/x', 1],
    ] as const) {
      const { code, err } = await run(name, '--model', model, ...(inputs ?? []), '--out', out)
      expect(code).toBe(expected)
      expect(err).toContain(out)
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses modules the model does not have, before anything is written', async () => {
    const out = join(work, 'nothing')
    const { code, err } = await run(
      'train',
      '--model',
      model,
      '--data',
      data,
      '--out',
      out,
      '--target-modules',
      'q_proj,w_proj',
    )
    expect(code).toBe(2)
    expect(err).toContain('w_proj')
    expect(existsSync(out)).toBe(false)
  })
})
