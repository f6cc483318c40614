/** A benchmark made ready to run: its configuration with all that the configuration names, loaded, hashed and checked. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type Stage, badInput, stages } from '@safe/tensor-core/contracts'
import { type BenchConfig, factorName } from '../config/config'
import { contentHash, dataHash } from './contentHash'
import { type LoadedMethod, loadMethod } from './plugins'
import type { BenchPorts } from './ports'
import type { Suite } from '../suite/suite'
import { codeVersions } from './versions'

// model ------------------------------------------------------------------------------------------

export interface Hashes {
  readonly models: { readonly base: string; readonly aligned: string; readonly anchor: string }
  readonly templates: { readonly template: string; readonly anchorTemplate: string }
  readonly safe: string
  readonly references: string
  readonly evaluation: string
}

export interface Bench {
  readonly ports: BenchPorts
  readonly config: BenchConfig
  readonly suite: Suite
  readonly hashes: Hashes
  /** By stage and factor name; `none` is not among them. */
  readonly methods: Readonly<Record<Stage, ReadonlyMap<string, LoadedMethod>>>
  readonly code: Readonly<Record<string, string>>
}

// parts ------------------------------------------------------------------------------------------

/** A template is a file, or one of the built-in names, of which `chat` lives in the tokenizer's own files. */
const templateHash = (folder: string, template: string): TE.TaskEither<Fault, string> =>
  TE.tryCatch(
    async () => {
      const files = existsSync(template)
        ? [template]
        : template === 'chat'
          ? ['chat_template.jinja', 'tokenizer_config.json']
              .map((name) => join(folder, name))
              .filter(existsSync)
          : []
      return contentHash([
        files.length === 0 ? template : '',
        ...(await Promise.all(files.map((f) => readFile(f, 'utf8')))),
      ])
    },
    () => badInput('BadConfig', 'the template cannot be read', { where: template }),
  )

const hashesOf = (ports: BenchPorts, suite: Suite): TE.TaskEither<Fault, Hashes> =>
  pipe(
    TE.Do,
    TE.bind('base', () => ports.fingerprint(suite.models.base)),
    TE.bind('aligned', () => ports.fingerprint(suite.models.aligned)),
    TE.bind('anchor', () => ports.fingerprint(suite.models.anchor)),
    TE.bind('template', () => templateHash(suite.models.aligned, suite.template)),
    TE.bind('anchorTemplate', () => templateHash(suite.models.anchor, suite.anchorTemplate)),
    TE.map(({ base, aligned, anchor, template, anchorTemplate }) => ({
      models: { base, aligned, anchor },
      templates: { template, anchorTemplate },
      safe: dataHash(suite.safe),
      references: dataHash(suite.references),
      evaluation: contentHash(suite.evaluation),
    })),
  )

const methodsOf = (
  ports: BenchPorts,
  config: BenchConfig,
  stage: Stage,
): TE.TaskEither<Fault, ReadonlyMap<string, LoadedMethod>> => {
  const names = config.stages[stage].map(factorName)
  const twice = names.find((name, i) => name === 'none' || names.indexOf(name) !== i)
  return twice === undefined
    ? pipe(
        config.stages[stage],
        TE.traverseSeqArray((method) => loadMethod(ports.loadModule)(method, stage)),
        TE.map((loaded) => new Map(loaded.map((m) => [factorName(m.method), m]))),
      )
    : TE.left(
        badInput('BadConfig', `names ${twice} twice`, {
          where: `stages.${stage}`,
          remedy: 'give each a label of its own',
        }),
      )
}

const checkedCombinations = (config: BenchConfig): TE.TaskEither<Fault, void> => {
  if (config.combinations === 'all') return TE.right(undefined)
  const unknown = config.combinations
    .flatMap((c) => stages.map((stage) => ({ stage, name: c[stage] })))
    .find(({ stage, name }) => name !== 'none' && !config.stages[stage].some((m) => factorName(m) === name))
  return unknown === undefined
    ? TE.right(undefined)
    : TE.left(
        badInput(
          'BadConfig',
          `names ${unknown.name}, which is not among the methods of the ${unknown.stage} stage`,
          {
            where: 'combinations',
            remedy: `name one of ${['none', ...config.stages[unknown.stage].map(factorName)].join(', ')}`,
          },
        ),
      )
}

/** All training data is made once here, so that a missing regime is found before anything runs. */
const checkedRegimes = (config: BenchConfig, suite: Suite): TE.TaskEither<Fault, void> =>
  pipe(
    config.regimes.flatMap((regime) => config.seeds.map((seed) => ({ regime, seed }))),
    TE.traverseArray(({ regime, seed }) => TE.fromEither(suite.trainingData(regime, seed))),
    TE.map(() => undefined),
  )

// constructors -----------------------------------------------------------------------------------

/** Everything but the engine. `known` hashes spare a second look at large models. */
export const openBench = (
  ports: BenchPorts,
  config: BenchConfig,
  known?: Hashes,
): TE.TaskEither<Fault, Bench> =>
  pipe(
    TE.Do,
    TE.chainFirst(() => checkedCombinations(config)),
    TE.bind('suite', () => ports.suite(config)),
    TE.chainFirst(({ suite }) => checkedRegimes(config, suite)),
    TE.bind('data', () => methodsOf(ports, config, 'data')),
    TE.bind('training', () => methodsOf(ports, config, 'training')),
    TE.bind('weights', () => methodsOf(ports, config, 'weights')),
    TE.bind('decoding', () => methodsOf(ports, config, 'decoding')),
    TE.bind('hashes', ({ suite }) => (known === undefined ? hashesOf(ports, suite) : TE.right(known))),
    TE.map(({ suite, data, training, weights, decoding, hashes }) => ({
      ports,
      config: completed(config, { data, training, weights, decoding }),
      suite,
      hashes,
      methods: { data, training, weights, decoding },
      code: codeVersions(),
    })),
  )

const completed = (config: BenchConfig, methods: Bench['methods']): BenchConfig => ({
  ...config,
  stages: {
    data: [...methods.data.values()].map((m) => m.method),
    training: [...methods.training.values()].map((m) => m.method),
    weights: [...methods.weights.values()].map((m) => m.method),
    decoding: [...methods.decoding.values()].map((m) => m.method),
  },
})
