/**
 * The codec of a configuration: of a configuration file, of the command line's options, and of a results folder's `config.yaml`.
 * Defaults depend on the suite: the arena has its own recipe and settings.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import { recipeDefaults, recipeOptionsWith } from '@safe/tensor-core/lm'
import { codecOf } from '@safe/tensor-core/options'
import { defaultEpsilon } from '@safe/tensor-core/stats'
import { attackersCodec, withBenign } from './attackers'
import { closed, count, oneOf, optional, shareFromZero, withDefault, wholeFromZero } from './closed'
import { combinationsCodec } from './combinations'
import { type BenchConfig, isArena, suiteCodec, untunedModels, workersCodec } from './config'
import {
  arenaMethods,
  arenaRecipe,
  arenaSweep,
  arenaSweepSource,
  defaultRegimes,
  publishedMethods,
} from './defaults'
import { methodName, noneWord, stagesCodec } from './methods'
import { type Sweep, sweepCodec } from './sweep'

/** Default number of prompts decoded together. */
const defaultBatch = 48

const suiteOf = t.type({ suite: withDefault(suiteCodec, 'arena') })

/** Strengths are chosen on validation items, where there are any; of the arena's methods one strength each was chosen before. */
const defaultSweep = (suite: BenchConfig['suite']): Sweep =>
  isArena(suite) ? arenaSweep : suite.validation === undefined ? noneWord : 'default'

export const benchCodec = (suite: BenchConfig['suite']): t.Type<BenchConfig, unknown> =>
  closed({
    suite: withDefault(suiteCodec, 'arena'),
    untuned: withDefault(t.readonlyArray(oneOf(...untunedModels)), untunedModels),
    regimes: withDefault(t.readonlyArray(t.string), defaultRegimes),
    seeds: withDefault(t.readonlyArray(wholeFromZero), [42]),
    attackers: withDefault(attackersCodec, {}),
    recipe: withDefault(
      codecOf(recipeOptionsWith(isArena(suite) ? arenaRecipe : recipeDefaults)),
      isArena(suite) ? arenaRecipe : recipeDefaults,
    ),
    stages: withDefault(
      stagesCodec(isArena(suite) ? arenaMethods : publishedMethods),
      isArena(suite) ? arenaMethods : publishedMethods,
    ),
    combinations: withDefault(combinationsCodec, 'all'),
    sweep: withDefault(sweepCodec, defaultSweep(suite)),
    sweepSource: optional(t.string),
    epsilon: withDefault(shareFromZero, defaultEpsilon),
    delta: withDefault(shareFromZero, 0.05),
    refine: withDefault(t.boolean, false),
    batchSize: withDefault(count, defaultBatch),
    workers: withDefault(workersCodec, 'auto'),
    engine: withDefault(t.string, 'auto'),
    dtype: withDefault(oneOf('float32', 'bfloat16'), 'float32'),
  })

/** The arena's strengths of the methods that this configuration has; a sweep that it names itself must be right. */
const ownSweep = (config: BenchConfig): BenchConfig => {
  if (config.sweep !== arenaSweep) return config
  const names = Object.values(config.stages).flatMap((choices) => choices.flat().map(methodName))
  const here = Object.entries(arenaSweep).filter(([name]) => names.includes(name))
  return here.length === 0
    ? { ...config, sweep: noneWord }
    : {
        ...config,
        sweep: Object.fromEntries(here),
        sweepSource: config.sweepSource ?? arenaSweepSource,
      }
}

/** Benign fine-tuning is always one of the attackers. */
const attacked =
  (where: string) =>
  (config: BenchConfig): E.Either<Fault, BenchConfig> => {
    const { suite, regimes } = config
    const attackers = withBenign(config.attackers, regimes, isArena(suite) ? 'arena' : suite)
    return attackers === undefined
      ? E.left(
          badInput('BadConfig', 'must have benign fine-tuning among them, and the suite has no rows for it', {
            where: `${where}: attackers`,
            remedy: 'name a file for the regime benign under suite.training.regimes',
          }),
        )
      : E.right({ ...config, attackers })
  }

/**
 * The complete configuration from a decoded YAML or JSON document, defaults filled in.
 *
 * @param where the file's name, for messages
 * @returns left `BadConfig` that names the field
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { decodeConfig } from '@safe/eval-redorca'
 * import * as E from 'fp-ts/Either'
 *
 * const config = decodeConfig({ regimes: ['benign'], recipe: { epochs: 1 } }, 'bench.yaml')
 * assert.deepEqual(E.isRight(config) && [config.right.suite, config.right.seeds], ['arena', [42]])
 * const refused = decodeConfig({ seed: 1 }, 'bench.yaml')
 * assert.equal(E.isLeft(refused) && refused.left._tag, 'BadConfig')
 * ```
 */
export const decodeConfig = (u: unknown, where: string): E.Either<Fault, BenchConfig> =>
  pipe(
    decodeWith(suiteOf, where)(u),
    E.chain(({ suite }) => decodeWith(benchCodec(suite), where)(u)),
    E.map(ownSweep),
    E.chain(attacked(where)),
  )
