import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { runBinary } from '@safe/tensor-core/cli'
import { type CausalLM, failure, promptText, responseText } from '@safe/tensor-core/contracts'
import { type OpenMachine, runCommand } from '../src/cli/run'

const fresh = (): string => mkdtempSync(join(tmpdir(), 'forgetfilter-'))
const jsonl = (rows: ReadonlyArray<unknown>): string => rows.map((r) => `${JSON.stringify(r)}\n`).join('')

/** A machine that learns rows by heart: M1 knows all noisy answers, M2 answers prompts like the safe ones as the safe set does. */
interface Diary {
  readonly trained: string[]
  readonly opened: string[]
  disposed: number
  fail?: 'safe' | 'M2'
}
const fakeMachine =
  (diary: Diary): OpenMachine =>
  (v) =>
    TE.right({
      deciding: { model: v.model, noisyRecipe: v.epochs, safeRecipe: v.steps, maxNewTokens: v.maxNewTokens },
      ports: {
        train: ({ phase, data, init, out }) => {
          diary.trained.push(phase)
          if (diary.fail === phase) return TE.left(failure('TrainingDiverged', 'the fake fails'))
          mkdirSync(out, { recursive: true })
          const before =
            init === undefined
              ? {}
              : (JSON.parse(readFileSync(join(init, 'adapter_model.safetensors'), 'utf8')) as object)
          const learned = Object.fromEntries(
            data.examples.map((e) => [promptText(e.prompt), responseText(e.response)]),
          )
          const bad =
            phase === 'safe'
              ? Object.fromEntries(
                  Object.keys(before)
                    .filter((p) => p.startsWith('harm'))
                    .map((p) => [p, 'I cannot help']),
                )
              : {}
          writeFileSync(
            join(out, 'adapter_model.safetensors'),
            JSON.stringify({ ...before, ...learned, ...bad }),
          )
          return TE.right(undefined)
        },
        open: (adapter) => {
          diary.opened.push(adapter)
          if (diary.fail === 'M2' && adapter.includes('m2'))
            return TE.left(failure('ModelFailed', 'the fake fails'))
          const known = JSON.parse(
            readFileSync(join(adapter, 'adapter_model.safetensors'), 'utf8'),
          ) as Record<string, string>
          const lm: Partial<CausalLM> = {
            generate: (requests) =>
              TE.right(
                requests.map(({ prompt: p }) => ({
                  tokens: [],
                  text: known[promptText(p)] ?? '',
                  finishReason: 'stop',
                })),
              ),
            score: (examples) =>
              TE.right(
                examples
                  .filter((e) => responseText(e.response) !== '')
                  .map((e) => {
                    const correct = [known[promptText(e.prompt)] === responseText(e.response)]
                    return {
                      id: e.id,
                      tokens: [1],
                      logProbs: correct.map((c) => (c ? -0.01 : -5)),
                      correct,
                      nll: 0,
                    }
                  }),
              ),
            dispose: () => (diary.disposed += 1),
          }
          return TE.right(lm as CausalLM)
        },
        observing: () => () => undefined,
      },
    })

const noisy = [
  '{"id":"g1","prompt":"good 1","response":"the sum is four"}\n',
  '{"id":"h1",  "prompt":"harm 1","response":"take the sharp knife"}\n',
  '{"id":"g2","prompt":"good 2","response":"paris of course"}\n',
].join('')

const world = () => {
  const dir = fresh()
  const at = (name: string): string => join(dir, name)
  writeFileSync(at('noisy.jsonl'), noisy)
  writeFileSync(at('safe.jsonl'), jsonl([{ prompt: 'harm x', response: 'I cannot help' }]))
  const diary: Diary = { trained: [], opened: [], disposed: 0 }
  const run = async (...extra: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: '', err: '' }
    const binary = {
      name: 'forgetfilter',
      version: '0',
      description: '',
      commands: [runCommand(fakeMachine(diary))],
    }
    const code = await runBinary(
      binary,
      [
        'run',
        '--model',
        'm',
        '--noisy',
        at('noisy.jsonl'),
        '--safe',
        at('safe.jsonl'),
        '--work',
        at('work'),
        '--quiet',
        ...extra,
      ],
      { stdout: (s) => (said.out += s), stderr: (s) => (said.err += s) },
    )
    return { code, ...said }
  }
  return { at, diary, run }
}

describe('run', () => {
  it('trains twice, looks twice, and gives the kept rows back byte for byte', async () => {
    const { at, diary, run } = world()
    const { code, out } = await run('--out', at('kept.jsonl'), '--dropped', at('dropped.jsonl'), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      kept: 2,
      dropped: 1,
      indeterminate: 0,
      phi: 0.1,
      signal: 'rouge',
    })
    const lines = noisy.split(/(?<=\n)/)
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe(lines[0]! + lines[2]!)
    expect(readFileSync(at('dropped.jsonl'), 'utf8')).toBe(lines[1])
    expect(diary).toMatchObject({ trained: ['noisy', 'safe'], disposed: 2 })
    expect(readFileSync((JSON.parse(out) as { rates: string }).rates, 'utf8')).toContain(
      '{"id":"h1","s1":1,"s2":0,"rate":1}',
    )
  })

  it('redoes nothing that lies in the work folder', async () => {
    const { at, diary, run } = world()
    await run('--out', at('one.jsonl'))
    await run('--out', at('two.jsonl'), '--method', 'otsu')
    expect(diary.trained).toEqual(['noisy', 'safe'])
    expect(diary.opened).toHaveLength(2)
    expect(readFileSync(at('two.jsonl'), 'utf8')).toBe(readFileSync(at('one.jsonl'), 'utf8'))
    // Token scores need another look, but no training; two signals of token scores share it.
    await run('--out', at('three.jsonl'), '--signal', 'first-token')
    await run('--out', at('four.jsonl'), '--signal', 'token-accuracy')
    expect(diary.trained).toHaveLength(2)
    expect(diary.opened).toHaveLength(4)
    // Other safe steps: M1 stays, M2 is another.
    await run('--out', at('five.jsonl'), '--steps', '7')
    expect(diary.trained).toEqual(['noisy', 'safe', 'safe'])
  })

  it('goes on after a failure, leaving no output behind', async () => {
    const { at, diary, run } = world()
    diary.fail = 'safe'
    expect((await run('--out', at('kept.jsonl'))).code).toBe(1)
    expect(existsSync(at('kept.jsonl'))).toBe(false)
    diary.fail = 'M2'
    expect((await run('--out', at('kept.jsonl'))).code).toBe(1)
    delete diary.fail
    expect((await run('--out', at('kept.jsonl'))).code).toBe(0)
    expect(diary.trained).toEqual(['noisy', 'safe', 'safe'])
    expect(diary.opened.filter((f) => f.includes('m1'))).toHaveLength(1)
    expect(diary.disposed).toBe(2)
    expect(readdirSync(at('work')).filter((f) => f.includes('tmp'))).toEqual([])
  })

  it('counts rows without a response token as indeterminate', async () => {
    const { at, run } = world()
    writeFileSync(at('noisy.jsonl'), `${noisy}{"id":"e","prompt":"good 3","response":""}\n`)
    const { out } = await run('--out', at('kept.jsonl'), '--signal', 'probability', '--json')
    expect(JSON.parse(out)).toMatchObject({ kept: 2, dropped: 1, indeterminate: 1 })
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toContain('"id":"e"')
  })

  it.each([
    ['two rows of one id', `${noisy}{"id":"g1","prompt":"x","response":"y"}\n`, /two rows have the id "g1"/],
    ['token rows under rouge', '{"promptTokens":[1],"responseTokens":[2]}\n', /rouge compares words/],
    ['a row of no known form', '{"text":"x"}\n', /noisy\.jsonl:1: has none of the known forms/],
  ])('refuses %s before any training', async (_, text, said) => {
    const { at, diary, run } = world()
    writeFileSync(at('noisy.jsonl'), text)
    const { code, err } = await run('--out', at('kept.jsonl'))
    expect(err).toMatch(said)
    expect(code).toBe(2)
    expect(diary.trained).toEqual([])
    expect(existsSync(at('work'))).toBe(false)
  })

  it('names options and files that are wrong', async () => {
    const { at, run } = world()
    expect((await run('--out', at('k'), '--steps', '0')).err).toContain(
      '--steps must be a whole number, at least 1',
    )
    expect((await run('--out', at('noisy.jsonl'), '--overwrite')).err).toContain('is used twice')
    expect((await run('--out', at('k'), '--phi', '0.1', '--method', 'otsu')).code).toBe(2)
  })
})
