/**
 * SafeMERGE (arXiv 2503.17239): where a module's update points away from the alignment, part of it is replaced by that of an adapter
 * trained on safe rows; all other modules stay as they are.
 *
 *   D' = w D + (1 - w) D_safe   where cos(C D, D) < tau,   C = V V^T / ||V||_F              (V, C and the cosine are Safe LoRA's)
 *
 * The sum is exact: [w s B, (1 - w) s_safe B_safe] [A; A_safe], at the sum of the two ranks. A module that the safe adapter does not
 * have is one that it does not change: D_safe = 0.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Fault,
  type Fidelity,
  type LoraAdapter,
  type RecordDiagnostics,
  type Resources,
  type WeightsDefence,
  weightsDefence,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  checked,
  completed,
  definePlugin,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import { rankedConfig } from '../adapterConfig'
import { factorsOf } from '../correctModule'
import { safeLoraProjection } from '../correction'
import {
  type AdaptedWeight,
  type CheckpointPair,
  findWeights,
  noDisplacement,
  readDisplacement,
} from '../displacement'
import type { CsuloraError } from '../errors'
import { mergedAdapter } from '../mergeAdapters'
import { meanNormRatio } from './normRatio'
import { trainedOn } from './trainedOn'

// options ----------------------------------------------------------------------------------------

const paper = 'SafeMERGE, arXiv 2503.17239'

/** The options of SafeMERGE. */
export const safemergeOptions = {
  tau: withDefault(0.35, number('modules with a cosine below this are merged', { min: -1, max: 1 }), paper),
  weight: withDefault(
    0.8,
    number('weight of the fine-tuned update in a merged module; the safe one has the rest', {
      min: 0,
      max: 1,
    }),
    paper,
  ),
}
/** Their values. */
export type SafemergeOptions = Values<typeof safemergeOptions>

const fidelity: Fidelity = {
  source: paper,
  commit: 'aladinD/SafeMERGE at 6724444',
  formula:
    'D <- w D + (1 - w) D_safe where cos(C D, D) < tau. Written from the paper, equal to a dense torch implementation in float64 (golden ' +
    'tests, tools/golden/csulora_rivals.py).',
  defaults: "The authors': tau 0.35, weights 0.8 and 0.2.",
  differs:
    "The sum of updates is exact, by joined factors; the released code merges as peft's linear combination does, factor by factor, which " +
    'adds products of one adapter’s B with the other’s A. The safe adapter is trained on the run’s safe rows with the run’s recipe. A ' +
    'module that the alignment did not move is refused by name.',
}

// steps ------------------------------------------------------------------------------------------

/** Safe LoRA's cosine of one module; an update of zero has 0. */
const cosineOf =
  (pair: CheckpointPair) =>
  (weight: AdaptedWeight): TE.TaskEither<CsuloraError, number> =>
    pipe(
      readDisplacement(pair, weight),
      TE.chainEitherKW((v) =>
        v === undefined
          ? E.left(noDisplacement(weight.module.name))
          : E.right(safeLoraProjection(factorsOf(weight.module), v).cosine),
      ),
    )

/** cos(C D, D) by module, in the adapter's order. */
const cosines = (
  pair: CheckpointPair,
  adapter: LoraAdapter,
): TE.TaskEither<CsuloraError, ReadonlyArray<number>> =>
  pipe(TE.fromEither(findWeights(pair, adapter)), TE.chain(TE.traverseSeqArray(cosineOf(pair))))

/** The adapter with the named modules merged. Left `AdapterMismatch` where the two adapters do not fit. */
export const mergedModules = (
  adapter: LoraAdapter,
  safe: LoraAdapter,
  weight: number,
  names: ReadonlySet<string>,
): E.Either<CsuloraError, LoraAdapter> => {
  const only = (one: LoraAdapter): LoraAdapter => ({
    ...one,
    modules: one.modules.filter(({ name }) => names.has(name)),
  })
  if (names.size === 0) return E.right(adapter)
  return pipe(
    mergedAdapter([
      { adapter: only(adapter), weight, name: 'the adapter' },
      { adapter: only(safe), weight: 1 - weight, name: 'the safe adapter' },
    ]),
    E.map(({ modules: merged, dtype }) => {
      const by = new Map(merged.map((m) => [m.name, m]))
      const modules = adapter.modules.map((m) => by.get(m.name) ?? m)
      return { ...adapter, modules, dtype, config: rankedConfig(adapter.config, modules) }
    }),
  )
}

// constructors -----------------------------------------------------------------------------------

/** The resources of SafeMERGE. */
export type SafemergeResources = Pick<Resources, 'base' | 'aligned' | 'train' | 'safe'>

/**
 * Merges the modules that point away from the alignment with an adapter trained on safe rows. Where there are none, nothing is
 * trained and the adapter is returned as it is.
 */
export const safemerge = (
  options: Partial<SafemergeOptions>,
  { base, aligned, train, safe }: SafemergeResources,
  record: RecordDiagnostics = () => undefined,
): WeightsDefence =>
  weightsDefence<Fault>({
    name: 'safemerge',
    parameters: parametersOf(safemergeOptions, completed(safemergeOptions, options)),
    apply: (adapter) =>
      pipe(
        TE.Do,
        TE.bindW('chosen', () => TE.fromEither(checked(safemergeOptions, options))),
        TE.bindW('base', () => base),
        TE.bindW('aligned', () => aligned),
        TE.bindW('found', (pair) => cosines(pair, adapter)),
        TE.chainW(({ chosen: { tau, weight }, found }) => {
          const away = new Set(
            adapter.modules.filter((_, i) => (found[i] ?? 1) < tau).map(({ name }) => name),
          )
          return pipe(
            away.size === 0 ? TE.right(adapter) : trainedOn(train, safe, 'safe'),
            TE.chainEitherKW((other) => mergedModules(adapter, other, weight, away)),
            TE.map((merged) => {
              record({
                modules: adapter.modules.length,
                merged: away.size,
                cosine: found.reduce((sum, x) => sum + x, 0) / Math.max(1, found.length),
                normRatio: meanNormRatio(adapter, merged),
              })
              return merged
            }),
          )
        }),
      ),
  })

/** SafeMERGE as a benchmark finds it. */
export const safemergePlugin = definePlugin({
  name: 'safemerge',
  stage: 'weights',
  summary:
    'merges modules that point away from the alignment with a safe adapter (SafeMERGE, arXiv 2503.17239)',
  options: safemergeOptions,
  needs: ['base', 'aligned', 'train', 'safe'],
  strength: { options: ['tau'], values: [0.2, 0.35, 0.5, 0.7, 0.9] },
  fidelity,
  // The safe adapter is trained once for all strengths: results are kept.
  work: (_, { safe, stepsOn }) => ({ sharedSteps: stepsOn(safe) }),
  make: (options, resources, record) => TE.right(safemerge(options, resources, record)),
})
