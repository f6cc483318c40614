/**
 * Safe LoRA with a number of modules instead of a threshold: the ones whose update is least similar to its projection are projected.
 * Two thin products with V per module; no decomposition. All cosines are needed before any module is decided, so the projections, as thin
 * as the update, are kept.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { interrupted } from '@safe/tensor-core/contracts'
import { type SafeLoraProjection, safeLoraProjection } from './correction'
import {
  type CorrectedModule,
  type Outcome,
  completedModule,
  factorsOf,
  unmovedOutcome,
} from './correctModule'
import { type AdaptedWeight, readDisplacement } from './displacement'
import type { CsuloraError } from './errors'
import type { Setup } from './setup'

// model ------------------------------------------------------------------------------------------

/** A module before it is decided: its projection, or its outcome where the alignment did not move it. */
interface Measured {
  readonly weight: AdaptedWeight
  readonly projection: SafeLoraProjection | undefined
  readonly unmoved: Outcome | undefined
  readonly milliseconds: number
}

// steps ------------------------------------------------------------------------------------------

const measured =
  (setup: Setup) =>
  (weight: AdaptedWeight): TE.TaskEither<CsuloraError, Measured> =>
  async () => {
    const started = performance.now()
    if (setup.signal?.aborted === true) return E.left(interrupted('Interrupted', 'stopped on request'))
    return pipe(
      readDisplacement(setup, weight),
      TE.chainEitherKW((v): E.Either<CsuloraError, Pick<Measured, 'projection' | 'unmoved'>> =>
        v === undefined
          ? pipe(
              unmovedOutcome(setup, weight.module),
              E.map((unmoved) => ({ projection: undefined, unmoved })),
            )
          : E.right({ projection: safeLoraProjection(factorsOf(weight.module), v), unmoved: undefined }),
      ),
      TE.map((found) => ({ ...found, weight, milliseconds: performance.now() - started })),
    )()
  }

/** The modules with the lowest cosines; an update of zero has none. */
const lowest = (all: ReadonlyArray<Measured>, count: number): ReadonlySet<Measured> =>
  new Set(
    all
      .filter(({ projection }) => projection !== undefined && projection.ratio > 0)
      .sort((a, b) => (a.projection?.cosine ?? 0) - (b.projection?.cosine ?? 0))
      .slice(0, count),
  )

const outcomeOf = ({ weight, projection, unmoved }: Measured, projected: boolean): Outcome => {
  if (projection === undefined)
    return unmoved ?? { factors: undefined, report: { route: 'none', normRatio: 1, lostEnergy: 0 } }
  const { CB, cosine, ratio } = projection
  return {
    factors: projected ? { A: factorsOf(weight.module).A, B: CB } : undefined,
    report: { route: 'none', normRatio: projected ? ratio : 1, lostEnergy: 0, cosine, projected },
  }
}

/** Projects the `count` modules with the lowest cosines. */
export const projectLowest = (
  setup: Setup,
  weights: ReadonlyArray<AdaptedWeight>,
  count: number,
): TE.TaskEither<CsuloraError, ReadonlyArray<CorrectedModule>> =>
  pipe(
    weights,
    TE.traverseSeqArray(measured(setup)),
    TE.map((all) => {
      const chosen = lowest(all, count)
      return all.map((one) =>
        completedModule(
          setup,
          one.weight.module,
          outcomeOf(one, chosen.has(one)),
          performance.now() - one.milliseconds,
        ),
      )
    }),
  )
