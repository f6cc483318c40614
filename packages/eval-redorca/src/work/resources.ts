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
  type WeightSource,
  badInput,
  causeLine,
  failure,
  noDefence,
  resourceNames,
} from '@safe/tensor-core/contracts'
import { withChanges } from '@safe/tensor-core/lm'
import { fit } from '@safe/tensor-core/pipeline'
import { alignedRequest, anchorRequest, runtimeOf } from './runtime'
import type { Site } from './site'

// all resources ----------------------------------------------------------------------------------

const missing = (key: string): MethodError =>
  badInput('ResourceMissing', 'is missing', { where: key, remedy: 'give it in the configuration' })

const there = <A>(value: A | undefined, key: string): E.Either<Fault, A> =>
  value === undefined ? E.left(missing(key)) : E.right(value)

/** The plan has checked that what methods declare is there; no rows stand for data that nobody declared. */
const rowsOf = (data: Dataset | undefined, name: string): Dataset => data ?? { name, examples: [] }

/** Everything there is to ask for in a run with this seed. */
export const resourcesOf = (site: Site, seed: number): Resources => {
  const { bench, models } = site
  const { suite, ports } = bench
  const weights = (folder: string | undefined, key: string): TE.TaskEither<Fault, WeightSource> =>
    pipe(TE.fromEither(there(folder, key)), TE.chain(ports.weights))
  return {
    seed,
    train: (data, changes = {}, init?: LoraAdapter) =>
      fit(runtimeOf(site))({
        data,
        recipe: withChanges(bench.config.recipe, changes),
        seed,
        defence: noDefence.training,
        ...(init === undefined ? {} : { init }),
      }),
    model: (adapter): TE.TaskEither<Fault, CausalLM> => models.open(alignedRequest(bench), adapter),
    maxNewTokens: suite.maxNewTokens,
    base: weights(suite.models.base, 'suite.models.base'),
    aligned: weights(suite.models.aligned, 'suite.models.aligned'),
    anchor: pipe(TE.fromEither(anchorRequest(bench)), TE.chain(models.open)),
    safe: rowsOf(suite.safe, 'safe'),
    references: rowsOf(suite.references, 'references'),
    judge: suite.beamJudge,
  }
}

// declared ones ----------------------------------------------------------------------------------

/** Resources under watch: a use of one that was not declared is remembered, whatever the method makes of it. */
export interface Provision {
  readonly resources: Resources
  /** Work of a method: left `UndeclaredResource` where it has used what its plugin did not declare. */
  readonly watched: <A>(work: TE.TaskEither<Fault, A>) => TE.TaskEither<Fault, A>
}

/** The resources, each use noted. What is not declared is not enumerable: copying the record uses only what is declared. */
const watching = (
  all: Resources,
  needs: ReadonlyArray<ResourceName>,
  use: (name: ResourceName) => void,
): Resources => {
  const taken = <N extends ResourceName>(name: N): Resources[N] => {
    use(name)
    return all[name]
  }
  const watched: Resources = {
    get seed() {
      return taken('seed')
    },
    get train() {
      return taken('train')
    },
    get model() {
      return taken('model')
    },
    get maxNewTokens() {
      return taken('maxNewTokens')
    },
    get base() {
      return taken('base')
    },
    get aligned() {
      return taken('aligned')
    },
    get anchor() {
      return taken('anchor')
    },
    get safe() {
      return taken('safe')
    },
    get references() {
      return taken('references')
    },
    get judge() {
      return taken('judge')
    },
  }
  resourceNames
    .filter((name) => !needs.includes(name))
    .forEach((name) => Object.defineProperty(watched, name, { enumerable: false }))
  return watched
}

/** What a plugin declares, out of all there is. */
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
