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
import { checked } from '@safe/tensor-core/options'
import { type DecompositionCache, noCache } from './cache'
import { type CorrectionReport, type CorrectionRule, correctionSteps } from './correction'
import { type AdaptedWeight, type CheckpointPair, findWeights, readDisplacement } from './displacement'
import type { CsuloraError } from './errors'
import { type CsuloraOptions, csuloraOptions, rankRule } from './options'

// model ------------------------------------------------------------------------------------------

/** Two checkpoints, and what a long run may want: a cache, a signal to stop, reports as it goes. */
export interface CsuloraResources extends CheckpointPair {
  /** Seed of the randomized range finder and of random bases; default 42. */
  readonly seed?: number
  /** Keeps decompositions between runs. */
  readonly cache?: DecompositionCache
  /** Aborted: the correction stops before its next module, or within one. */
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

/** A correction that is decided: what to do to each module, and how large its subspaces are. */
interface Setup extends CsuloraResources {
  readonly rule: CorrectionRule
  readonly rank: RankRule
}

/** The adapter with its new factors (the same configuration, ranks and scales), and a report for each module. */
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

const decompositionOf = ({ rule, rank, cache = noCache, signal }: Setup, module: string, v: Large) =>
  pipe(
    cache.get(module, v, rank),
    TE.chainW((found) =>
      found !== undefined
        ? TE.right(found)
        : pipe(
            withPauses(signal)(() => decompositionSteps(v, rank, rule.seed)),
            TE.chainFirstW((made) => cache.put(module, rank, made)),
          ),
    ),
  )

const correctModule =
  (setup: Setup) =>
  (weight: AdaptedWeight): TE.TaskEither<CsuloraError, readonly [LoraModule, ModuleReport]> =>
  async () => {
    const { module } = weight
    const { rule, rank, signal } = setup
    const started = performance.now()
    if (signal?.aborted === true) return E.left(interrupted('Interrupted', 'stopped on request'))
    return pipe(
      readDisplacement(setup, weight),
      TE.bindTo('v'),
      TE.bindW('d', ({ v }) => decompositionOf(setup, module.name, v)),
      TE.chainW(({ v, d }) =>
        withPauses(signal)(() =>
          correctionSteps(
            rule,
            module.name,
            { A: fromMatrix(module.A), B: fromMatrix(module.B) },
            v,
            subspacesOf(v, d, rank),
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

/**
 * Corrects every module; nothing is changed in place. All checks that need no numbers come first.
 *
 * @returns left `BadOption` for an impossible option, `AdapterMismatch` and `CheckpointMismatch` where tensors do not fit,
 * `NoDisplacement` where base and aligned are equal, `NotFinite` for weights that are no numbers
 */
export const correctAdapter =
  (options: Partial<CsuloraOptions> = {}, resources: CsuloraResources) =>
  (adapter: LoraAdapter): TE.TaskEither<CsuloraError, CorrectedAdapter> =>
    pipe(
      E.Do,
      E.bindW('chosen', () => checked(csuloraOptions, options)),
      E.bindW('weights', () => findWeights(resources, adapter)),
      E.chainFirstW(() => E.traverseArray(finite)(adapter.modules)),
      TE.fromEither,
      TE.chainW(({ chosen, weights }) =>
        pipe(
          weights,
          TE.traverseSeqArray(
            correctModule({
              ...resources,
              rule: { ...chosen, seed: resources.seed ?? defaultSeed },
              rank: rankRule(chosen),
            }),
          ),
        ),
      ),
      TE.map((done) => ({
        adapter: { ...adapter, modules: done.map(([module]) => module) },
        modules: done.map(([, report]) => report),
      })),
    )
