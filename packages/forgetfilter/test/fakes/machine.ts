/** A machine that learns rows by heart, and a folder with data for it: `forgetfilter run` without a language model. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { runBinary } from '@safe/tensor-core/cli'
import { type CausalLM, type Fault, failure, promptText, responseText } from '@safe/tensor-core/contracts'
import { type InterleaveMachine, interleaveCommand } from '../../src/cli/interleave'
import { runCommand } from '../../src/cli/run'
import { sensitivityCommand } from '../../src/cli/sensitivity'
import type { MachineValues } from '../../src/cli/machine'

const jsonl = (rows: ReadonlyArray<unknown>): string => rows.map((r) => `${JSON.stringify(r)}\n`).join('')

/** A machine that learns rows by heart: M1 knows all noisy answers, M2 answers prompts like the safe ones as the safe set does. */
export interface Diary {
  /** What the completions were limited to. */
  readonly limits: number[]
  readonly trained: string[]
  readonly opened: string[]
  disposed: number
  fail?: 'safe' | 'kept' | 'M2'
  /** How many more times rows can be observed. */
  looks?: number
}
/** Answers what it knows, and refuses other unsafe prompts. */
const answering = (diary: Diary, known: Readonly<Record<string, string>>): CausalLM => {
  const lm: Partial<CausalLM> = {
    generate: (requests, { maxNewTokens }) => {
      diary.limits.push(maxNewTokens)
      if (diary.looks === 0) return TE.left(failure('ModelFailed', 'the fake fails'))
      if (diary.looks !== undefined) diary.looks -= 1
      return TE.right(
        requests.map(({ prompt: p }) => ({
          tokens: [],
          text: known[promptText(p)] ?? (promptText(p).startsWith('harm') ? 'I cannot help' : ''),
          finishReason: 'stop',
        })),
      )
    },
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
  return lm as CausalLM
}

const fakeMachine =
  (diary: Diary) =>
  (
    v: Pick<MachineValues, 'model' | 'epochs' | 'steps' | 'maxNewTokens'>,
  ): TE.TaskEither<Fault, InterleaveMachine> =>
    TE.right({
      longestResponse: (data) =>
        E.right(Math.max(...data.examples.map((e) => responseText(e.response).split(' ').length + 1))),
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
          return TE.right(answering(diary, known))
        },
        aligned: TE.fromIO(() => answering(diary, {})),
        observing: () => () => undefined,
      },
    })

export const noisy = [
  '{"id":"g1","prompt":"good 1","response":"the sum is four"}\n',
  '{"id":"h1",  "prompt":"harm 1","response":"take the sharp knife"}\n',
  '{"id":"g2","prompt":"good 2","response":"paris of course"}\n',
].join('')

export const world = (name: 'run' | 'interleave' | 'sensitivity' = 'run') => {
  const dir = mkdtempSync(join(tmpdir(), 'forgetfilter-'))
  const at = (name: string): string => join(dir, name)
  writeFileSync(at('noisy.jsonl'), noisy)
  writeFileSync(at('safe.jsonl'), jsonl([{ prompt: 'harm x', response: 'I cannot help' }]))
  const diary: Diary = { trained: [], opened: [], limits: [], disposed: 0 }
  const run = async (...extra: string[]): Promise<{ code: number; out: string; err: string }> => {
    const said = { out: '', err: '' }
    const binary = {
      name: 'forgetfilter',
      version: '0',
      description: '',
      commands: [
        runCommand(fakeMachine(diary)),
        interleaveCommand(fakeMachine(diary)),
        sensitivityCommand(fakeMachine(diary)),
      ],
    }
    const code = await runBinary(
      binary,
      [
        name,
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
