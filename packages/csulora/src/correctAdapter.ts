/**
 * A whole adapter corrected, one module at a time: of the checkpoints only the current module's displacement is in memory,
 * beside what its subspaces need.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LoraAdapter, type LoraModule, badInput } from '@safe/tensor-core/contracts'
import { checked } from '@safe/tensor-core/options'
import { rankedConfig } from './adapterConfig'
import { correctModule } from './correctModule'
import { findWeights } from './displacement'
import type { CsuloraError } from './errors'
import { type CsuloraOptions, allRead, csuloraOptions, rankRule } from './options'
import { projectLowest } from './safeLoraNumber'
import type { CsuloraResources, ModuleReport, Setup } from './setup'

// model ------------------------------------------------------------------------------------------

/** The adapter with its new factors (the same structure and scales), and a report for each module. */
export interface CorrectedAdapter {
  readonly adapter: LoraAdapter
  readonly modules: ReadonlyArray<ModuleReport>
}

const defaultSeed = 42

// steps ------------------------------------------------------------------------------------------

const finite = (module: LoraModule): E.Either<CsuloraError, LoraModule> =>
  [module.A, module.B].every((m) => m.data.every((x) => Number.isFinite(x)))
    ? E.right(module)
    : E.left(
        badInput('NotFinite', `the adapter's ${module.name} holds NaN or infinite numbers`, {
          where: module.name,
          remedy: 'train the adapter again',
        }),
      )

const setupOf = ({ engine, ...resources }: CsuloraResources, chosen: CsuloraOptions): Setup => ({
  ...resources,
  ...(engine === undefined || chosen.exact ? {} : { engine }),
  rule: { ...chosen, seed: resources.seed ?? defaultSeed },
  rank: rankRule(chosen),
  toRank: chosen.toRank,
  unmoved: chosen.unmoved,
})

/**
 * Corrects every module; nothing is changed in place. All checks that need no numbers come first.
 *
 * @returns left `BadOption` for an option that is impossible or would have no effect, `AdapterMismatch` and `CheckpointMismatch` where tensors do not fit,
 * `NoDisplacement` where base and aligned are equal (unless `unmoved` allows it), `NotFinite` for weights that are no numbers
 */
export const correctAdapter =
  (options: Partial<CsuloraOptions> = {}, resources: CsuloraResources) =>
  (adapter: LoraAdapter): TE.TaskEither<CsuloraError, CorrectedAdapter> =>
    pipe(
      E.Do,
      E.bindW('chosen', () => pipe(checked(csuloraOptions, options), E.chain(allRead))),
      E.bindW('weights', () => findWeights(resources, adapter)),
      E.chainFirstW(() => E.traverseArray(finite)(adapter.modules)),
      TE.fromEither,
      TE.chainW(({ chosen, weights }) => {
        const setup = setupOf(resources, chosen)
        const corrected =
          chosen.method === 'safelora' && chosen.number !== undefined
            ? projectLowest(setup, weights, chosen.number)
            : pipe(weights, TE.traverseSeqArray(correctModule(setup)))
        return pipe(
          corrected,
          TE.map((done) => {
            const modules = done.map(([module]) => module)
            const config =
              chosen.toRank === undefined ? adapter.config : rankedConfig(adapter.config, modules)
            return {
              adapter: { ...adapter, modules, config },
              modules: done.map(([, report]) => report),
            }
          }),
        )
      }),
    )
