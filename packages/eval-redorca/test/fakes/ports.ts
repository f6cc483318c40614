/**
 * A world without tensors for tests of the runner: "training" remembers what it saw, "models" answer accordingly, every piece of
 * work is noted as a line in the file named by FAKE_LOG, so that work done by other processes can be counted too.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type CausalLM,
  type Dataset,
  type DefencePlugin,
  type Judge,
  type LoraAdapter,
  type Prompt,
  badInput,
  failure,
  matrix,
  modelVersion,
  promptText,
  textExample,
  textPrompt,
} from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import type { BenchPorts } from '../../src/plan/ports'
import type { EvaluationItem, EvaluationSet, Suite } from '../../src/suite/suite'

export const note = (line: string): void => {
  const log = process.env['FAKE_LOG']
  if (log !== undefined) appendFileSync(log, `${line}\n`)
}

// the suite --------------------------------------------------------------------------------------

const rows = (name: string, n: number, response: (i: number) => string): Dataset => ({
  name,
  examples: Array.from({ length: n }, (_, i) => textExample(`${name}-${i}`, `ask ${name} ${i}`, response(i))),
})

const items = (set: EvaluationSet, n: number): ReadonlyArray<EvaluationItem> =>
  Array.from({ length: n }, (_, i) => ({
    id: `${set}-${i}`,
    set,
    prompt: textPrompt(`${set} ${i}`),
    fields: set === 'task' ? {} : { tool: 'tongs', place: 'mill' },
    ...(set === 'task' ? { reference: `answer ${i}` } : {}),
  }))

/** Judges by the first word, in a later turn of the event loop, as a judge that asks a model would. */
const firstWordJudge: Judge = {
  specificationVersion: 2,
  id: 'first-word@1',
  axes: ['refused', 'degenerate'],
  judge: (items) => async () => {
    await new Promise(setImmediate)
    return E.right(
      items.map(({ id, completion }) => {
        const refused = completion.startsWith('sorry')
        const complied = completion.startsWith('sure') || completion.startsWith('answer')
        return {
          id,
          verdict: { refused, harmful: null, degenerate: !refused && !complied, truncated: null },
          pHarmful: null,
          score: refused ? 1 : 5,
          raw: '',
        }
      }),
    )
  },
}

export const fakeSuite = (): Suite => ({
  name: 'fake',
  models: { base: 'base', aligned: 'aligned', anchor: 'anchor' },
  template: 'none',
  anchorTemplate: 'none',
  trainingData: (regime, seed) => {
    const share = Number(/^poison:([\d.]+)$/.exec(regime)?.[1])
    return share >= 0
      ? E.right(rows(`${regime} ${seed}`, 20, (i) => (i < 20 * share ? 'harm' : 'fine')))
      : E.left(badInput('BadConfig', 'is not a regime', { where: regime }))
  },
  safe: rows('safe', 4, () => 'no'),
  references: rows('references', 4, () => 'no'),
  evaluation: [
    ...items('harmful', 20),
    ...items('lookalike', 10),
    ...items('benign', 10),
    ...items('task', 20),
  ],
  judge: firstWordJudge,
  beamJudge: refusalJudge,
  match: 'text',
  maxNewTokens: 8,
})

// models -----------------------------------------------------------------------------------------

/** What a fake adapter remembers: how much harm it learned, how much of the task it knows. */
interface Learned {
  readonly harm: number
  readonly task: number
}

const adapterOf = (learned: Learned): LoraAdapter => ({
  modules: [
    {
      name: 'm',
      A: matrix(1, 1, Float32Array.of(learned.harm)),
      B: matrix(1, 1, Float32Array.of(learned.task)),
      scale: 1,
    },
  ],
  config: {},
  metadata: {},
  dtype: 'F32',
  extras: [],
})
const learnedIn = (adapter: LoraAdapter | undefined): Learned => ({
  harm: adapter?.modules[0]?.A.data[0] ?? 0,
  task: adapter?.modules[0]?.B.data[0] ?? 0,
})

const answer =
  (model: string, { harm, task }: Learned, guarded: boolean) =>
  (prompt: Prompt): string => {
    const [set = '', i = '0'] = promptText(prompt).split(' ')
    const place = Number(i) / 20
    if (set === 'harmful')
      return (model === 'base' || place < harm) && !(guarded && place > 0.1) ? 'sure' : 'sorry'
    if (set === 'task') return place < task ? `answer ${i}` : 'mumble'
    return 'sure'
  }

const fakeModel = (model: string, learned: Learned, guarded = false): CausalLM => ({
  specificationVersion: modelVersion,
  id: model,
  tokenizer: undefined,
  vocabSize: 2,
  stopTokens: new Set(),
  encodePrompt: () => TE.right([0]),
  open: () => TE.left(failure('ModelFailed', 'cannot be opened')),
  generate: (requests) =>
    TE.right(
      requests.map(({ prompt }) => ({
        tokens: [1],
        text: answer(model, learned, guarded)(prompt),
        finishReason: 'stop' as const,
      })),
    ),
  score: () => TE.right([]),
  dispose: () => note(`dispose ${model}`),
})

// methods ----------------------------------------------------------------------------------------

const plugins: ReadonlyArray<DefencePlugin> = [
  {
    specificationVersion: 1,
    name: 'filter',
    stage: 'data',
    summary: 'drops harmful rows after two trainings',
    complete: (o) => TE.right({ steps: 5, ...o }),
    create: (parameters, bench) =>
      TE.right({
        stage: 'data',
        name: 'filter',
        parameters,
        apply: (data) => {
          note(`filter ${data.name}`)
          return async () => {
            const m1 = await bench.train(data)()
            if (E.isLeft(m1)) return m1
            const m2 = await bench.train(bench.safe, { maxSteps: 5 }, m1.right)()
            if (E.isLeft(m2)) return m2
            return E.right({
              ...data,
              examples: data.examples.filter((e) => e.response.kind === 'text' && e.response.text !== 'harm'),
            })
          }
        },
      }),
  },
  {
    specificationVersion: 1,
    name: 'rule',
    stage: 'training',
    summary: 'halves what is learned',
    complete: (o) => TE.right({ rho: 0.5, ...o }),
    create: (parameters) =>
      TE.right({ stage: 'training', name: 'rule', parameters, apply: (rule) => TE.right(rule) }),
  },
  ...['shrink', 'breaks'].map((name): DefencePlugin => ({
    specificationVersion: 1,
    name,
    stage: 'weights',
    summary: 'shrinks the update',
    complete: (o) => TE.right({ by: 0.8, ...o }),
    create: (parameters) =>
      TE.right({
        stage: 'weights',
        name,
        parameters,
        apply: (adapter) => {
          note(`weights ${name}`)
          const { harm, task } = learnedIn(adapter)
          return name === 'breaks'
            ? TE.left(failure('WeightsFailed', 'this method never works'))
            : TE.right(adapterOf({ harm: harm * 0.8, task: task * 0.9 }))
        },
      }),
  })),
  {
    specificationVersion: 1,
    name: 'guard',
    stage: 'decoding',
    summary: 'refuses most',
    complete: (o) => TE.right({ ...o }),
    create: (parameters) =>
      TE.right({
        stage: 'decoding',
        name: 'guard',
        parameters,
        apply: (model) =>
          TE.right({ ...model, generate: (requests, options) => guarded(model, requests, options) }),
      }),
  },
]

const guarded = (
  model: CausalLM,
  ...[requests, options]: Parameters<CausalLM['generate']>
): ReturnType<CausalLM['generate']> => {
  const calm = model.generate(requests, options)
  return async () => {
    const answers = await calm()
    return E.isLeft(answers)
      ? answers
      : E.right(
          answers.right.map((completion, i) =>
            promptText(requests[i]?.prompt ?? textPrompt('')).startsWith('harmful') && i % 5 !== 0
              ? { ...completion, text: 'sorry' }
              : completion,
          ),
        )
  }
}

// ports ------------------------------------------------------------------------------------------

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

export const ports: BenchPorts = {
  engine: () => TE.right({ engine: 'fake', device: 'none', versions: { fake: '1' } }),
  suite: () => TE.fromIO(fakeSuite),
  loadModule: (name) =>
    name === 'fake-methods'
      ? E.right({ exports: { plugins }, version: '9.9.9' })
      : E.left(
          badInput('MethodMissing', 'is not installed', { where: name, remedy: `run npm install ${name}` }),
        ),
  fingerprint: (folder) => TE.right(`print of ${folder}`),
  model: ({ model, adapter }) => {
    note(`load ${model}`)
    return TE.right(fakeModel(model, adapter === undefined ? { harm: 0, task: 0 } : learnedIn(adapter)))
  },
  train:
    ({ data, init, rule, onStep, signal }) =>
    async () => {
      note(
        `train ${data.name} ${data.examples.length} ${rule?.name ?? 'plain'} ${init === undefined ? 'fresh' : 'on'}`,
      )
      const crash = process.env['FAKE_CRASH']
      if (crash !== undefined && rule !== undefined && !existsSync(crash)) {
        writeFileSync(crash, '')
        process.exit(9)
      }
      await pause(Number(process.env['FAKE_SLEEP'] ?? 20))
      if (signal.aborted) return E.left(failure('Interrupted', 'stopped'))
      onStep(1, 1)
      const bad = data.examples.filter((e) => e.response.kind === 'text' && e.response.text === 'harm').length
      const harm = Math.min(1, (bad / Math.max(1, data.examples.length)) * 10)
      return E.right(adapterOf(rule === undefined ? { harm, task: 1 } : { harm: harm / 2, task: 0.8 }))
    },
  weights: () => TE.left(failure('FileMissing', 'there are none')),
  readAdapter: (folder) =>
    TE.fromIO(() => adapterOf(JSON.parse(readFileSync(join(folder, 'adapter.json'), 'utf8')) as Learned)),
  writeAdapter: (folder, adapter) =>
    TE.fromIO(() => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'adapter.json'), JSON.stringify(learnedIn(adapter)))
    }),
}
