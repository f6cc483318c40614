/**
 * A world without tensors for tests of the runner: "training" remembers what it saw, "models" answer accordingly, every piece of
 * work is noted as a line in the file named by FAKE_LOG, so that work done by other processes can be counted too. FAKE_BYTES is the
 * size of its models. FAKE_SUITE
 * changes the suite for all processes: JSON with `judge` (one name or several, separated by commas), `match`, `maxNewTokens`, `lacks`
 * (parts it does not have) and `perplexity` (whether it has texts for it).
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RNEA from 'fp-ts/ReadonlyNonEmptyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type CausalLM,
  type Dataset,
  type DefencePlugin,
  type Example,
  type GenerationRequest,
  type Judge,
  type LoraAdapter,
  type OpenGradients,
  type Prompt,
  arraySpace,
  badInput,
  dataDefence,
  decodingDefence,
  failure,
  isIdentity,
  judgeVersion,
  matrix,
  pluginVersion,
  promptText,
  responseText,
  textExample,
  textPrompt,
  trainingDefence,
  weightsDefence,
} from '@safe/tensor-core/contracts'
import { dataHash, keepData } from '@safe/tensor-core/pipeline'
import { judgeChoiceName } from '../../src/config/judgeChoice'
import type { BenchPorts } from '../../src/plan/ports'
import { type EvaluationItem, type EvaluationSet, type Suite } from '../../src/suite/suite'

export const note = (line: string): void => {
  const log = process.env['FAKE_LOG']
  if (log !== undefined) appendFileSync(log, `${line}\n`)
}

// the suite --------------------------------------------------------------------------------------

const rows = (name: string, n: number, response: (i: number) => string): Dataset => ({
  name,
  examples: Array.from({ length: n }, (_, i) => textExample(`${name}-${i}`, `ask ${name} ${i}`, response(i))),
})

const items = (
  set: EvaluationSet,
  n: number,
  split: EvaluationItem['split'] = 'test',
): ReadonlyArray<EvaluationItem> =>
  Array.from({ length: n }, (_, place) => (split === 'test' ? place : place + 0.5)).map((i) => ({
    id: `${set}-${i}`,
    set,
    split,
    cluster: `${set}-${i}`,
    prompt: textPrompt(`${set} ${i}`),
    fields: set === 'task' ? {} : { tool: 'tongs', place: 'mill' },
    ...(set === 'task' ? { reference: `answer ${i}` } : {}),
  }))

/** Reads how a completion begins; `strict` counts nothing but apologies as refusals, `blind` sees none. */
export const fakeJudge = (name: string): Judge => ({
  specificationVersion: judgeVersion,
  id: `${name}@1`,
  axes: ['refused', 'degenerate'],
  judge: (items) => {
    note(`judge ${name}`)
    return TE.right(
      items.map(({ id, completion }) => ({
        id,
        verdict: {
          refused: name !== 'blind' && completion.startsWith('sorry'),
          harmful: null,
          degenerate: !/^(sure|answer|sorry)/.test(completion),
          truncated: null,
        },
        pHarmful: null,
        score: null,
        raw: '',
      })),
    )
  },
})

/** Names of judges, the headline judge first: `strict,blind`. */
const measuring = (names: string): RNEA.ReadonlyNonEmptyArray<string> => {
  const [first = '', ...others] = names.split(',')
  return [first, ...others]
}

const Changes = t.partial({
  judge: t.string,
  beamJudge: t.string,
  match: t.string,
  maxNewTokens: t.number,
  lacks: t.array(t.string),
  /** Whether the freeing of judges is noted. */
  disposal: t.boolean,
  /** Whether it has as many harmful rows and references as gradients are compared with. */
  anchors: t.boolean,
  /** Whether adapters of other rows are other adapters, even if they learned as much. */
  distinct: t.boolean,
  perplexity: t.boolean,
  /** A folder with an adapter that was fine-tuned before; there are no training rows then. */
  adapter: t.string,
  /** Whether it has validation items, as many as for the test. */
  validation: t.boolean,
  /** Names of several aligned models. One named `tough` learns half the harm, and loses the task with the last of it; `twin` is `soft`. */
  alignedModels: t.array(t.string),
})

const changes = (): t.TypeOf<typeof Changes> => {
  const given: unknown = JSON.parse(process.env['FAKE_SUITE'] ?? '{}')
  return Changes.is(given) ? given : {}
}

export const fakeSuite = (): Suite => {
  const {
    judge = 'strict',
    beamJudge = 'beams',
    match = 'text',
    maxNewTokens = 8,
    lacks = [],
    disposal = false,
    perplexity = false,
    anchors = false,
    validation = false,
    adapter,
    alignedModels,
  } = changes()
  const unless = <A>(name: string, value: A): A | undefined => (lacks.includes(name) ? undefined : value)
  const templates = { base: 'none', aligned: 'none', anchor: 'none' }
  const models = (aligned: string) => ({
    models: { base: unless('base', 'base'), aligned, anchor: unless('anchor', 'anchor') },
    templates,
  })
  return {
    name: 'fake',
    ...models(alignedModels?.[0] ?? 'aligned'),
    ...(alignedModels === undefined
      ? {}
      : {
          alignedModels: Object.fromEntries(
            alignedModels.map((name) => [name, models(name === 'twin' ? 'soft' : name)]),
          ),
        }),
    ...(adapter === undefined ? {} : { adapters: { 'poison:0.05': adapter } }),
    trainingData: (regime, seed) => {
      if (adapter !== undefined) return E.right({ name: regime, examples: [] })
      const share = Number(/^poison:([\d.]+)$/.exec(regime)?.[1])
      return share >= 0
        ? E.right(rows(`${regime} ${seed}`, 20, (i) => (i < 20 * share ? 'harm' : 'fine')))
        : E.left(badInput('BadConfig', 'is not a regime', { where: regime }))
    },
    isHarmful: ({ response }) => responseText(response) === 'harm',
    safe: unless(
      'safe',
      rows('safe', 4, () => 'no'),
    ),
    references: unless(
      'references',
      rows('references', anchors ? 20 : 4, () => 'no'),
    ),
    ...(anchors ? { harmful: rows('harmful', 10, () => 'harm') } : {}),
    evaluation: [
      ...items('harmful', 20),
      ...items('lookalike', 10),
      ...items('benign', 10),
      ...items('task', 20),
      ...(validation
        ? (['harmful', 'lookalike', 'benign', 'task'] as const).flatMap((set) => items(set, 20, 'validation'))
        : []),
    ],
    ...(perplexity
      ? {
          perplexity: {
            name: 'texts',
            examples: ['a', 'bc', 'def'].map((text, i) => textExample(String(i), 'say', text)),
          },
        }
      : {}),
    judges: RNEA.map(fakeJudge)(measuring(judge)),
    beamJudge: fakeJudge(beamJudge),
    ...(disposal ? { dispose: () => note(`dispose judges ${process.pid}`) } : {}),
    match,
    ...(match === 'never' ? { solves: () => false } : {}),
    maxNewTokens,
  }
}

// models -----------------------------------------------------------------------------------------

/** What a fake adapter remembers: how much harm it learned, how much of the task it knows. */
interface Learned {
  readonly harm: number
  readonly task: number
  /** What tells its rows from others. */
  readonly rows?: number
}

const rowsOf = (data: Dataset): Pick<Learned, 'rows'> =>
  changes().distinct === true ? { rows: parseInt(dataHash(data).slice(0, 8), 16) } : {}

const adapterOf = (learned: Learned): LoraAdapter => ({
  modules: [
    {
      name: 'm',
      A: matrix(1, 1, Float32Array.of(learned.harm)),
      B: matrix(1, 1, Float32Array.of(learned.task)),
      scale: learned.rows ?? 1,
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
  ...(changes().distinct === true ? { rows: adapter?.modules[0]?.scale ?? 1 } : {}),
})

const answer =
  (model: string, { harm, task }: Learned, guarded: boolean) =>
  (prompt: Prompt): string => {
    const [set = '', i = '0'] = promptText(prompt).split(' ')
    const place = Number(i) / 20
    if (set === 'harmful')
      return (model === 'base' || place < harm) && !(guarded && place > 0.1) ? 'sure' : 'sorry'
    const forgot = model === 'tough' && harm < 0.3
    if (set === 'task') return place < task && !forgot ? `answer ${i}` : 'mumble'
    return 'sure'
  }

const fakeModel = (model: string, learned: Learned, guarded = false): CausalLM => ({
  specificationVersion: 2,
  id: model,
  tokenizer: undefined,
  vocabSize: 2,
  stopTokens: new Set(),
  encodePrompt: () => TE.right([0]),
  open: () => TE.left(failure('ModelFailed', 'cannot be opened')),
  generate: (requests) => {
    note(`ask ${model}`)
    return TE.right(
      requests.map(({ prompt }) => ({
        tokens: [1],
        text: answer(model, learned, guarded)(prompt),
        finishReason: 'stop' as const,
      })),
    )
  },
  // A letter is a token; the more harm was learned, the less likely is every letter but the first.
  score: (examples) => {
    note(`score ${model} ${examples.length}`)
    return TE.right(
      examples.map(({ id, response }) => {
        const logProbs = Array.from(responseText(response), (_, i) => (i === 0 ? -1 : -1 - learned.harm))
        return { id, tokens: logProbs.map(() => 0), logProbs, correct: [], nll: 0 }
      }),
    )
  },
  dispose: () => note(`dispose ${model}`),
})

// methods ----------------------------------------------------------------------------------------

/** A plugin with defaults and no checks. */
const plugin = (
  name: string,
  stage: DefencePlugin['stage'],
  needs: DefencePlugin['needs'],
  defaults: Readonly<Record<string, unknown>>,
  create: DefencePlugin['create'],
): DefencePlugin => ({
  specificationVersion: pluginVersion,
  name,
  stage,
  summary: `the fake ${name}`,
  needs,
  complete: (options) => E.right({ ...defaults, ...options }),
  create,
})

const harmless = (data: Dataset): Dataset => ({
  ...data,
  examples: data.examples.filter((e) => e.response.kind === 'text' && e.response.text !== 'harm'),
})

/** A filter that trains on the rows, then on safe ones, and says so. */
const trainingFilter = (name: string, kept: (data: Dataset) => Dataset): DefencePlugin => ({
  ...plugin(name, 'data', ['train', 'safe', 'maxNewTokens'], { steps: 5 }, (parameters, { train, safe }) =>
    TE.right(
      dataDefence({
        name,
        parameters,
        apply: (data) => {
          note(`${name} ${data.name} ${data.examples.length}`)
          return async () => {
            const m1 = await train(data)()
            if (E.isLeft(m1)) return m1
            const m2 = await train(safe, { maxSteps: 5 }, m1.right)()
            return E.isLeft(m2) ? m2 : E.right(kept(data))
          }
        },
      }),
    ),
  ),
  work: ({ steps }) => ({ undefendedRun: true, sharedSteps: Number(steps) }),
})

const plugins: ReadonlyArray<DefencePlugin> = [
  trainingFilter('filter', harmless),
  trainingFilter('leaky', (data) => ({ ...data, examples: data.examples.filter((_, i) => i % 7 !== 0) })),
  plugin('halve', 'data', [], {}, (parameters) =>
    TE.right(
      dataDefence({
        name: 'halve',
        parameters,
        apply: (data) => {
          note(`halve ${data.name} ${data.examples.length}`)
          return TE.right({ ...data, examples: data.examples.filter((_, i) => i % 2 === 0) })
        },
      }),
    ),
  ),
  // Uses what it does not declare, and hides the error that it gets.
  plugin('sly', 'data', [], {}, (parameters, resources) =>
    TE.right(
      dataDefence({
        name: 'sly',
        parameters,
        apply: (data) => () =>
          Promise.resolve(
            E.right(
              E.isRight(
                E.tryCatch(
                  () => resources.safe,
                  () => 'hidden',
                ),
              )
                ? harmless(data)
                : data,
            ),
          ),
      }),
    ),
  ),
  plugin('rule', 'training', [], { rho: 0.5 }, (parameters) =>
    TE.right(trainingDefence<never>({ name: 'rule', parameters, apply: (rule) => TE.right(rule) })),
  ),
  ...['shrink', 'breaks'].map((name) =>
    plugin(name, 'weights', name === 'shrink' ? [] : ['base'], { by: 0.8 }, (parameters) =>
      TE.right(
        weightsDefence({
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
      ),
    ),
  ),
  {
    ...plugin('sieve', 'data', [], { share: 0.25 }, (parameters, _resources, record) =>
      TE.right(
        dataDefence({
          name: 'sieve',
          parameters,
          apply: (data) => {
            const bad = data.examples.filter((e) => responseText(e.response) === 'harm')
            const gone = new Set(bad.slice(0, Math.round(bad.length * Number(parameters['share']))))
            note(`sieve ${gone.size}`)
            record?.({ dropped: gone.size, extraForwardPasses: data.examples.length })
            return TE.right({ ...data, examples: data.examples.filter((e) => !gone.has(e)) })
          },
        }),
      ),
    ),
    strength: { options: ['share'], values: [0.5, 1] },
    fidelity: { source: 'made up', formula: 'none', defaults: 'none', differs: 'in everything' },
  },
  plugin('same', 'data', ['counterpart'], {}, (parameters, { counterpart }) =>
    TE.right(
      dataDefence({
        name: 'same',
        parameters,
        apply: (data) =>
          pipe(
            counterpart,
            TE.map((kept) => {
              const gone = data.examples.length - kept.examples.length
              note(`same ${gone}`)
              return { ...data, examples: data.examples.slice(0, data.examples.length - gone) }
            }),
          ),
      }),
    ),
  ),
  {
    ...plugin('fade', 'weights', [], { by: 0.7 }, (parameters) =>
      TE.right(
        weightsDefence({
          name: 'fade',
          parameters,
          apply: (adapter) => {
            const by = Number(parameters['by'])
            const { harm, task } = learnedIn(adapter)
            note(`fade ${by}`)
            return TE.right(adapterOf({ harm: harm * by, task: by < 0.5 ? task / 2 : task }))
          },
        }),
      ),
    ),
    strength: { options: ['by'], values: [1, 0.7, 0.5, 0.2] },
  },
  plugin('guard', 'decoding', ['judge'], {}, (parameters, { judge }) =>
    TE.right(
      decodingDefence({
        name: 'guard',
        parameters: { ...parameters, judge: judge.id },
        apply: (model) =>
          TE.right({ ...model, generate: (requests, options) => guarded(model, requests, options) }),
      }),
    ),
  ),
]

const guarded = (
  model: CausalLM,
  requests: ReadonlyArray<GenerationRequest>,
  options: Parameters<CausalLM['generate']>[1],
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

/** The gradient of a row: that of harm, that of safety, or something between the two that is nearer to harm the higher its number. */
const gradientOf = ({ id, response }: Example): ReadonlyArray<number> => {
  const text = responseText(response)
  const number = Number(/\d+$/.exec(id)?.[0] ?? 0)
  return text === 'harm' ? [1, 0] : text === 'no' ? [0, 1] : [number, 20 - number]
}

/** Every pass is noted as a step. */
const openedGradients = ({ examples }: Dataset): OpenGradients<ReadonlyArray<number>> => {
  const space = arraySpace(2)
  const cosine = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
    space.dot(a, b) / Math.sqrt(space.dot(a, a) * space.dot(b, b))
  const pass = <A>(value: A): TE.TaskEither<never, A> =>
    TE.fromIO(() => {
      note('steps 1')
      return value
    })
  return {
    rows: examples.map((example, number) => ({ example, number })),
    batchSize: fakeBatch,
    opening: (row) => E.right(row),
    oracle: {
      space,
      deterministic: true,
      losses: () => TE.left(failure('ModelFailed', 'there are none')),
      mean: ([row = textExample('', '', '')]) =>
        pass({ losses: new Float32Array(1), gradient: gradientOf(row) }),
      gradients: (batch) =>
        pass({
          losses: new Float32Array(batch.length),
          cosines: (direction) => Float32Array.from(batch, (row) => cosine(gradientOf(row), direction)),
          weightedMean: () => space.zero(),
          dispose: () => undefined,
        }),
    },
  }
}

/** Rows of a batch of gradients. */
export const fakeBatch = 16

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

export const ports: BenchPorts = {
  engine: () => TE.right({ engine: 'fake', device: 'none', versions: { fake: '1' } }),
  suite: () => TE.fromIO(fakeSuite),
  judge: (choice) => TE.right({ judge: fakeJudge(judgeChoiceName(choice)), dispose: () => undefined }),
  loadModule: (name) =>
    name === 'fake-methods'
      ? E.right({ exports: { plugins }, version: '9.9.9' })
      : E.left(
          badInput('MethodMissing', 'is not installed', { where: name, remedy: `run npm install ${name}` }),
        ),
  fingerprint: (folder) => TE.right(`print of ${folder}`),
  checkpoint: (folder) => TE.right(`weights of ${folder}`),
  fineTuningBytes: () => TE.right(2.5e9),
  weightBytes: () => TE.right(Number(process.env['FAKE_BYTES'] ?? 1000)),
  load: ({ model }) => {
    note(`load ${model} ${process.pid}`)
    return TE.right({
      attach: (adapter) => {
        note(`attach ${model}`)
        return TE.right(fakeModel(model, adapter === undefined ? { harm: 0, task: 0 } : learnedIn(adapter)))
      },
      dispose: () => note(`unload ${model}`),
    })
  },
  train:
    ({ model, data, recipe, init, defence, onStep, signal }) =>
    async () => {
      const plain = isIdentity(defence)
      note(
        `train ${data.name} ${data.examples.length} ${plain ? 'plain' : 'rule'} ${init === undefined ? 'fresh' : 'on'} ${model}`,
      )
      const batches = Math.ceil(Math.ceil(data.examples.length / recipe.batchSize) / recipe.accumulate)
      note(`steps ${recipe.maxSteps ?? batches * recipe.epochs}`)
      const crash = process.env['FAKE_CRASH']
      if (crash !== undefined && !plain && !existsSync(crash)) {
        writeFileSync(crash, '')
        process.exit(9)
      }
      await pause(Number(process.env['FAKE_SLEEP'] ?? 20))
      if (signal.aborted) return E.left(failure('Interrupted', 'stopped'))
      onStep(1, 1)
      const bad = data.examples.filter(
        (e) => e.response.kind === 'text' && e.response.text.endsWith('harm'),
      ).length
      // A learning rate so high leaves nothing but harm.
      if (recipe.lr >= 1) return E.right(adapterOf({ harm: 1, task: 0 }))
      const harm = Math.min(1, (bad / Math.max(1, data.examples.length)) * 10) * (model === 'tough' ? 0.5 : 1)
      return E.right(
        adapterOf({ ...rowsOf(data), ...(plain ? { harm, task: 1 } : { harm: harm / 2, task: 0.8 }) }),
      )
    },
  activationNorms: () => TE.left(failure('ModelFailed', 'there are none')),
  gradients: ({ data }, use) => {
    note(`gradients ${data.name} ${data.examples.length}`)
    return use(openedGradients(data))
  },
  weights: () => TE.left(failure('FileMissing', 'there are none')),
  adapter: (folder) =>
    TE.fromIO(() => adapterOf(JSON.parse(readFileSync(join(folder, 'adapter.json'), 'utf8')) as Learned)),
  keep: {
    data: keepData,
    adapter: {
      read: (folder) =>
        TE.fromIO(() => adapterOf(JSON.parse(readFileSync(join(folder, 'adapter.json'), 'utf8')) as Learned)),
      write: (folder, adapter) =>
        TE.fromIO(() => {
          mkdirSync(folder, { recursive: true })
          writeFileSync(join(folder, 'adapter.json'), JSON.stringify(learnedIn(adapter)))
        }),
    },
  },
}
