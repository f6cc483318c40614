/** A benchmark ready to run: its configuration, and everything that the configuration names, loaded, hashed and checked. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type Stage, type StrengthValue, badInput, stages } from '@safe/tensor-core/contracts'
import { type Attacker, regimeOf, regimesRead } from '../config/attackers'
import type { BenchConfig } from '../config/config'
import { noneWord } from '../config/methods'
import type { Suite } from '../suite/suite'
import { attackedBy } from './attackers'
import { type Hashes, hashesOf } from './hashes'
import { type MethodJudges, withMethodJudges } from './methodJudges'
import { type LoadedChoice, type Methods, type MissingMethod, allMethods, methodsOf } from './methods'
import type { BenchPorts, SuiteUse } from './ports'
import { satisfied } from './requirements'
import { type Factors, undefended } from './factors'
import { type LoadModule, type LoadedMethod, loadedName, readsCounterpart } from './plugins'
import { type Paths, atStrength, isSwept, pathsOf } from './strengths'
import { codeVersions } from './versions'

// model ------------------------------------------------------------------------------------------

/** A benchmark ready to run. */
export interface Bench {
  readonly ports: BenchPorts
  readonly config: BenchConfig
  readonly suite: Suite
  readonly hashes: Hashes
  readonly methods: Methods
  /** Judges that methods name in place of the suite's. */
  readonly judges: MethodJudges
  /** Strengths tried, by the method's name in results. */
  readonly paths: Paths
  /** Default methods whose packages are not installed; the benchmark runs without them. */
  readonly missing: ReadonlyArray<MissingMethod>
  readonly code: Readonly<Record<string, string>>
}

// checks -----------------------------------------------------------------------------------------

const checkedCombinations = (
  config: BenchConfig,
  { methods, missing }: { readonly methods: Methods; readonly missing: ReadonlyArray<MissingMethod> },
): E.Either<Fault, void> => {
  if (config.combinations === 'all') return E.right(undefined)
  const unknown = config.combinations
    .flatMap((c) => stages.map((stage) => ({ stage, name: c[stage] })))
    .find(({ stage, name }) => name !== undefined && !methods[stage].has(name))
  const absent = missing.find(({ name }) => name === unknown?.name)
  if (absent !== undefined)
    return E.left(
      badInput('MethodMissing', `names ${absent.name}, but ${absent.use} is not installed`, {
        where: 'combinations',
        remedy: `run npm install ${absent.use}`,
      }),
    )
  return unknown === undefined
    ? E.right(undefined)
    : E.left(
        badInput(
          'BadConfig',
          `names ${unknown.name ?? ''}, which is not among the methods of the ${unknown.stage} stage`,
          {
            where: 'combinations',
            remedy: `name one of ${[noneWord, ...methods[unknown.stage].keys()].join(', ')}`,
          },
        ),
      )
}

/** Creates all training data once, so that a missing regime is reported before anything runs. */
const checkedRegimes = (config: BenchConfig, suite: Suite): E.Either<Fault, void> =>
  pipe(
    regimesRead(config).flatMap((regime) => config.seeds.map((seed) => ({ regime, seed }))),
    E.traverseArray(({ regime, seed }) => suite.trainingData(regime, seed)),
    E.map(() => undefined),
  )

/** The filter that an attacker evades is one of the benchmark's. */
const evaded = ({ methods }: Bench, { evade }: Attacker): E.Either<Fault, void> =>
  evade === undefined || methods.data.has(evade)
    ? E.right(undefined)
    : E.left(
        badInput('BadConfig', `evades ${evade}, which is not among the methods of the data stage`, {
          remedy: `name one of ${[...methods.data.keys()].join(', ') || 'none: there are none'}`,
        }),
      )

/** Creates the data of every attacker once. */
const checkedAttackers = (bench: Bench): E.Either<Fault, Bench> =>
  pipe(
    Object.entries(bench.config.attackers),
    E.traverseArray(([name, attacker]) =>
      pipe(
        evaded(bench, attacker),
        E.chain(() =>
          attackedBy(bench, name).suite.trainingData(
            regimeOf(attacker, bench.config),
            bench.config.seeds[0] ?? 0,
          ),
        ),
        E.chain((data) =>
          data.examples.length > 0
            ? E.right(data)
            : E.left<Fault>(
                badInput('BadConfig', 'fine-tunes, and the suite has no training rows', {
                  remedy: 'name files under suite.training',
                }),
              ),
        ),
        E.mapLeft((fault): Fault => ({ ...fault, where: `attackers.${name}` })),
      ),
    ),
    E.map(() => bench),
  )

/** Strengths are chosen on validation items; without any there is nothing to choose on. */
const selectable = (suite: Suite, paths: Paths): E.Either<Fault, void> =>
  !isSwept(paths) || suite.evaluation.some((item) => item.split === 'validation' && item.set === 'harmful')
    ? E.right(undefined)
    : E.left(
        badInput('BadConfig', 'chooses strengths on validation items, and the suite has none', {
          where: 'sweep',
          remedy:
            'name files under suite.validation, or a share of the evaluation such as 0.3; or set sweep: none',
        }),
      )

/** The configuration with the methods' defaults filled in, and without methods that are not installed. */
const completed = (config: BenchConfig, methods: Methods): BenchConfig => {
  const loaded = (stage: Stage) =>
    [...methods[stage].values()].map((choice) => choice.methods.map(({ method }) => method))
  const names = allMethods(methods).map(loadedName)
  return {
    ...config,
    sweep:
      typeof config.sweep === 'string'
        ? config.sweep
        : Object.fromEntries(Object.entries(config.sweep).filter(([name]) => names.includes(name))),
    stages: {
      data: loaded('data'),
      training: loaded('training'),
      weights: loaded('weights'),
      decoding: loaded('decoding'),
    },
  }
}

// constructors -----------------------------------------------------------------------------------

/** The configuration as a run writes it down, from the methods alone: no model and no data is read. */
export const completedConfig = (load: LoadModule, config: BenchConfig): E.Either<Fault, BenchConfig> =>
  pipe(
    methodsOf(load, config.stages),
    E.map(({ methods }) => completed(config, methods)),
  )

/** Opens everything except the engine. With `known` hashes the models are not hashed again. */
export const openBench = (
  ports: BenchPorts,
  config: BenchConfig,
  known?: Hashes,
  use?: SuiteUse,
): TE.TaskEither<Fault, Bench> =>
  pipe(
    TE.fromEither(methodsOf(ports.loadModule, config.stages)),
    TE.bindTo('found'),
    TE.chainFirstEitherKW(({ found }) => checkedCombinations(config, found)),
    TE.bindW('paths', ({ found }) => TE.fromEither(pathsOf(config.sweep, found.methods, found.missing))),
    TE.bind('suite', () => ports.suite(config, use)),
    TE.chainFirstEitherKW(({ suite, paths }) => selectable(suite, paths)),
    TE.chainFirstEitherKW(({ suite }) => checkedRegimes(config, suite)),
    TE.chainFirstEitherKW(({ suite, found }) => satisfied(suite, found.methods)),
    TE.bind('hashes', ({ suite }) => (known === undefined ? hashesOf(ports, suite) : TE.right(known))),
    TE.bind('judged', ({ suite, found }) => withMethodJudges(ports, config, found.methods, suite, use)),
    TE.map(({ judged, found: { methods, missing }, paths, hashes }) => ({
      ports,
      config: completed(config, methods),
      ...judged,
      hashes,
      methods,
      paths,
      missing,
      code: codeVersions(),
    })),
    TE.chainEitherK(checkedAttackers),
  )

// destructors ------------------------------------------------------------------------------------

/** The methods that a control stands beside, at a strength; none where it names no other method of its stage. */
const counterpartOf = (
  methods: Methods,
  stage: Stage,
  controls: string | undefined,
  value: StrengthValue | undefined,
): E.Either<Fault, ReadonlyArray<LoadedMethod>> =>
  pipe(
    (controls === undefined ? undefined : methods[stage].get(controls))?.methods ?? [],
    E.traverseArray((loaded) =>
      value === undefined || readsCounterpart(loaded) ? E.right(loaded) : atStrength(loaded, value),
    ),
  )

/** The methods that act at a stage, at their strengths; none for "no defence". Left where there is no such choice. */
export const chosen = (
  { methods }: Pick<Bench, 'methods'>,
  stage: Stage,
  { [stage]: name, strengths = {} }: Factors,
): E.Either<Fault, LoadedChoice['methods']> =>
  name === noneWord
    ? E.right([])
    : pipe(
        methods[stage].get(name),
        E.fromNullable<Fault>(
          badInput('BadConfig', `there is no ${name} at the ${stage} stage`, { where: 'stages' }),
        ),
        E.chain(({ methods: found, controls }) =>
          pipe(
            found,
            E.traverseArray((loaded) => {
              const value = strengths[loadedName(loaded)]
              if (readsCounterpart(loaded))
                return pipe(
                  counterpartOf(methods, stage, controls, value),
                  E.map((counterpart): LoadedMethod => ({ ...loaded, counterpart })),
                )
              return value === undefined ? E.right(loaded) : atStrength(loaded, value)
            }),
          ),
        ),
      )

/** The filters that an attacker evades, as configured. */
export const evadedFilters = (
  bench: Pick<Bench, 'methods'>,
  f: Factors,
  evade: string,
): E.Either<Fault, LoadedChoice['methods']> =>
  chosen(bench, 'data', { ...f, ...undefended, data: evade, strengths: {} })
