/** What a benchmark provides to a method: every resource that its plugin declares, and an error for any other. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type Dataset,
  type DefencePlugin,
  type Fault,
  type LoraAdapter,
  type MethodError,
  type ResourceName,
  type Resources,
  type TrainingDefence,
  type WeightSource,
  badInput,
  causeLine,
  failure,
  noDefence,
  resourceNames,
} from '@safe/tensor-core/contracts'
import { withChanges } from '@safe/tensor-core/lm'
import { fit } from '@safe/tensor-core/pipeline'
import type { PassRequest } from '../plan/ports'
import { alignedRequest, anchorRequest, baseRequest, runtimeOf } from './runtime'
import type { Site } from './site'

// all resources ----------------------------------------------------------------------------------

const missing = (key: string): MethodError =>
  badInput('ResourceMissing', 'is missing', { where: key, remedy: 'set it in the configuration' })

const present = <A>(value: A | undefined, key: string): E.Either<Fault, A> =>
  value === undefined ? E.left(missing(key)) : E.right(value)

/** The plan has checked that declared data is present; data that no method declares is given as no rows. */
const rowsOf = (data: Dataset | undefined, name: string): Dataset => data ?? { name, examples: [] }

/** Rows that pass through the aligned model with an adapter, under the run's recipe. */
const passOf = (
  { bench: { config, suite }, signal }: Site,
  seed: number,
  data: Dataset,
  init: LoraAdapter | undefined,
): PassRequest => ({
  model: suite.models.aligned,
  template: suite.templates.aligned,
  dtype: config.dtype,
  recipe: config.recipe,
  seed,
  data,
  signal,
  ...(init === undefined ? {} : { init }),
})

/**
 * A defence whose methods do not say what they read: `fit` keeps no adapter of such a training, and takes none that is kept. What a
 * rule of a method's own learns would not come back with one.
 */
const unkept = (defence: TrainingDefence): TrainingDefence => ({
  ...defence,
  steps: defence.steps.map(({ name, parameters }) => ({ name, parameters })),
})

/** All resources of a run with this seed. @param read a method's own judge, and the rows kept by the filter that it is the control of */
export const resourcesOf = (
  site: Site,
  seed: number,
  read: Partial<Pick<Resources, 'judge' | 'counterpart'>> = {},
): Resources => {
  const { bench, models } = site
  const { suite, ports } = bench
  const weights = (folder: string | undefined, key: string): TE.TaskEither<Fault, WeightSource> =>
    pipe(TE.fromEither(present(folder, key)), TE.chain(ports.weights))
  return {
    seed,
    train: (data, changes = {}, init?: LoraAdapter, defence: TrainingDefence = noDefence.training) =>
      fit(runtimeOf(site))({
        data,
        recipe: withChanges(bench.config.recipe, changes),
        seed,
        defence: unkept(defence),
        ...(init === undefined ? {} : { init }),
      }),
    model: (adapter): TE.TaskEither<Fault, CausalLM> => models.open(alignedRequest(bench), adapter),
    gradients: (data, use, init?: LoraAdapter) =>
      pipe(
        models.release,
        TE.chainW(() => ports.gradients(passOf(site, seed, data, init), use)),
      ),
    activationNorms: (init, rows) =>
      pipe(
        models.release,
        TE.chainW(() => ports.activationNorms(passOf(site, seed, rows, init))),
      ),
    maxNewTokens: suite.maxNewTokens,
    base: weights(suite.models.base, 'suite.models.base'),
    baseModel: pipe(TE.fromEither(baseRequest(bench)), TE.chain(models.open)),
    aligned: weights(suite.models.aligned, 'suite.models.aligned'),
    anchor: pipe(TE.fromEither(anchorRequest(bench)), TE.chain(models.open)),
    safe: rowsOf(suite.safe, 'safe'),
    references: rowsOf(suite.references, 'references'),
    harmful: rowsOf(suite.harmful, 'harmful'),
    judge: read.judge ?? suite.beamJudge,
    counterpart:
      read.counterpart ??
      TE.left(
        badInput('ResourceMissing', 'names no filter of this benchmark', {
          where: 'control',
          remedy: 'name the method that it is the control of, as in control: forgetfilter',
        }),
      ),
  }
}

// declared ones ----------------------------------------------------------------------------------

/** Resources whose use is recorded: the use of an undeclared one is an error, even where the method hides it. */
export interface Provision {
  readonly resources: Resources
  /** Runs work of a method: left `UndeclaredResource` where it has used a resource that its plugin does not declare. */
  readonly watched: <A>(work: TE.TaskEither<Fault, A>) => TE.TaskEither<Fault, A>
}

/** The resources, with each use recorded. Undeclared ones are not enumerable: copying the record uses only declared ones. */
const watching = (
  all: Resources,
  needs: ReadonlyArray<ResourceName>,
  use: (name: ResourceName) => void,
): Resources => {
  const used = <N extends ResourceName>(name: N): Resources[N] => {
    use(name)
    return all[name]
  }
  const watched: Resources = {
    get seed() {
      return used('seed')
    },
    get train() {
      return used('train')
    },
    get model() {
      return used('model')
    },
    get gradients() {
      return used('gradients')
    },
    get activationNorms() {
      return used('activationNorms')
    },
    get maxNewTokens() {
      return used('maxNewTokens')
    },
    get base() {
      return used('base')
    },
    get baseModel() {
      return used('baseModel')
    },
    get aligned() {
      return used('aligned')
    },
    get anchor() {
      return used('anchor')
    },
    get safe() {
      return used('safe')
    },
    get references() {
      return used('references')
    },
    get harmful() {
      return used('harmful')
    },
    get judge() {
      return used('judge')
    },
    get counterpart() {
      return used('counterpart')
    },
  }
  resourceNames
    .filter((name) => !needs.includes(name))
    .forEach((name) => Object.defineProperty(watched, name, { enumerable: false }))
  return watched
}

/** The resources for a plugin, with the check that it uses only those it declares. */
export const provisionOf = (plugin: DefencePlugin, all: Resources): Provision => {
  const state: { fault?: MethodError } = {}
  const use = (name: ResourceName): void => {
    if (plugin.needs.includes(name)) return
    state.fault ??= failure('UndeclaredResource', `uses ${name}, which its needs do not list`, {
      where: plugin.name,
      remedy: `add '${name}' to the plugin's needs`,
    })
    throw new Error(state.fault.message)
  }
  return {
    resources: watching(all, plugin.needs, use),
    watched: (work) => async () => {
      try {
        const done = await work()
        return state.fault === undefined ? done : E.left(state.fault)
      } catch (cause) {
        return E.left(state.fault ?? failure('MethodFailed', causeLine(cause), { where: plugin.name }))
      }
    },
  }
}
