/**
 * A whole adapter corrected, one module at a time: of the checkpoints only the current module's displacement is in memory,
 * beside its Gram matrix.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LoraAdapter, type LoraModule, badInput, interrupted } from '@safe/tensor-core/contracts'
import {
  type Large,
  type RankRule,
  decompositionSteps,
  fromMatrix,
  subspacesOf,
  toMatrix,
  withPauses,
} from '@safe/tensor-core/linalg'
import { type DecompositionCache, noCache } from './cache'
import { type CorrectionReport, type CorrectionRule, correctionSteps } from './correction'
import { type AdaptedWeight, type CheckpointPair, findWeights, readDisplacement } from './displacement'
import type { CsuloraError } from './errors'

// model ------------------------------------------------------------------------------------------

/** What to do to an adapter, and how large the subspaces are. */
export interface CorrectionOptions extends CorrectionRule {
  readonly rank: RankRule
}

/** Two checkpoints, the options, and what a long run may want: a cache, a signal to stop, someone to tell. */
export interface CorrectionSetup extends CheckpointPair {
  readonly options: CorrectionOptions
  readonly cache?: DecompositionCache
  readonly signal?: AbortSignal
  /** Called after each module. */
  readonly onModule?: (report: ModuleReport) => void
}

/** What was measured of one module. */
export interface ModuleReport extends CorrectionReport {
  readonly name: string
  /** [d_out, d_in] */
  readonly shape: readonly [number, number]
  /** How the subspaces were found: `spectrum` (exact) or `range` (randomized, proved by its residual). */
  readonly route: 'spectrum' | 'range'
  readonly seconds: number
}

/** The adapter with its new factors (the same configuration, ranks and scales), and a report for each module. */
export interface CorrectedAdapter {
  readonly adapter: LoraAdapter
  readonly modules: ReadonlyArray<ModuleReport>
}

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

const decompositionOf = ({ options, cache = noCache, signal }: CorrectionSetup, module: string, v: Large) =>
  pipe(
    cache.get(module, v, options.rank),
    TE.chainW((found) =>
      found !== undefined
        ? TE.right(found)
        : pipe(
            withPauses(signal)(() => decompositionSteps(v, options.rank, options.seed)),
            TE.chainFirstW((made) => cache.put(module, options.rank, made)),
          ),
    ),
  )

const correctModule =
  (setup: CorrectionSetup) =>
  (weight: AdaptedWeight): TE.TaskEither<CsuloraError, readonly [LoraModule, ModuleReport]> =>
  async () => {
    const { module } = weight
    const { options, signal } = setup
    const started = performance.now()
    if (signal?.aborted === true) return E.left(interrupted('Interrupted', 'stopped on request'))
    return pipe(
      readDisplacement(setup, weight),
      TE.bindTo('v'),
      TE.bindW('d', ({ v }) => decompositionOf(setup, module.name, v)),
      TE.chainW(({ v, d }) =>
        withPauses(signal)(() =>
          correctionSteps(
            options,
            module.name,
            { A: fromMatrix(module.A), B: fromMatrix(module.B) },
            v,
            subspacesOf(v, d, options.rank),
          ),
        ),
      ),
      TE.map(({ factors, route, report }) => {
        const corrected: LoraModule =
          factors === undefined ? module : { ...module, A: toMatrix(factors.A), B: toMatrix(factors.B) }
        const line: ModuleReport = {
          name: module.name,
          shape: [module.B.rows, module.A.cols],
          ...report,
          route,
          seconds: (performance.now() - started) / 1000,
        }
        setup.onModule?.(line)
        return [corrected, line] as const
      }),
    )()
  }

/** Corrects every module; nothing is changed in place. All checks that need no numbers come first. */
export const correctAdapter =
  (setup: CorrectionSetup) =>
  (adapter: LoraAdapter): TE.TaskEither<CsuloraError, CorrectedAdapter> =>
    pipe(
      TE.fromEither(findWeights(setup, adapter)),
      TE.chainFirstEitherKW(() => E.traverseArray(finite)(adapter.modules)),
      TE.chain(TE.traverseSeqArray(correctModule(setup))),
      TE.map((done) => ({
        adapter: { ...adapter, modules: done.map(([module]) => module) },
        modules: done.map(([, report]) => report),
      })),
    )
