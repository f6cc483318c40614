/** One module corrected: its displacement read, its update split or projected, its rank lowered where that is asked for. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type LoraModule, interrupted } from '@safe/tensor-core/contracts'
import { type Dense, fromMatrix, scale, toMatrix } from '@safe/tensor-core/linalg'
import type { Factors } from './correction'
import { type AdaptedWeight, noDisplacement, readDisplacement } from './displacement'
import type { CsuloraError } from './errors'
import { lowered } from './lowRank'
import type { ModuleReport, Setup } from './setup'
import { routed } from './subspaceRoutes'

/** A module with its new factors, and what was measured. */
export type CorrectedModule = readonly [LoraModule, ModuleReport]

/** What a method makes of a module; no factors: it stays as it is. */
export interface Outcome {
  readonly factors: Factors | undefined
  readonly report: Omit<ModuleReport, 'name' | 'shape' | 'seconds'>
}

/** The update's factors as doubles. */
export const factorsOf = (module: LoraModule): Factors => ({
  A: fromMatrix(module.A),
  B: fromMatrix(module.B),
})

/** The module with the outcome's factors, cut to the rank that is asked for. @param started when its correction began, `performance.now()` */
export const completedModule = (
  { toRank, onModule }: Pick<Setup, 'toRank' | 'onModule'>,
  module: LoraModule,
  { factors, report }: Outcome,
  started: number,
): CorrectedModule => {
  const cut = toRank === undefined ? undefined : lowered(factors ?? factorsOf(module), toRank)
  const last = cut?.factors ?? factors
  const line: ModuleReport = {
    name: module.name,
    shape: [module.B.rows, module.A.cols],
    ...report,
    lostEnergy: 1 - (1 - report.lostEnergy) * (1 - (cut?.lostEnergy ?? 0)),
    seconds: (performance.now() - started) / 1000,
  }
  onModule?.(line)
  return [last === undefined ? module : { ...module, A: toMatrix(last.A), B: toMatrix(last.B) }, line]
}

const zero = (x: Dense): Dense => scale(0, x)

/** A module that the alignment did not move, by what the options say. */
export const unmovedOutcome = (
  { unmoved }: Pick<Setup, 'unmoved'>,
  module: LoraModule,
): E.Either<CsuloraError, Outcome> => {
  const { A, B } = factorsOf(module)
  switch (unmoved) {
    case 'refuse':
      return E.left(noDisplacement(module.name))
    case 'keep':
      return E.right({
        factors: undefined,
        report: { route: 'none', unmoved: 'kept', normRatio: 1, lostEnergy: 0 },
      })
    case 'drop':
      return E.right({
        factors: { A, B: zero(B) },
        report: { route: 'none', unmoved: 'dropped', normRatio: 0, lostEnergy: 0 },
      })
  }
}

/** Corrects one module by its subspaces. */
export const correctModule =
  (setup: Setup) =>
  (weight: AdaptedWeight): TE.TaskEither<CsuloraError, CorrectedModule> =>
  async () => {
    const { module } = weight
    const started = performance.now()
    if (setup.signal?.aborted === true) return E.left(interrupted('Interrupted', 'stopped on request'))
    return pipe(
      readDisplacement(setup, weight),
      TE.chainW((v) =>
        v === undefined
          ? TE.fromEither(unmovedOutcome(setup, module))
          : pipe(
              routed(setup, { name: module.name, factors: factorsOf(module), v }),
              TE.map(({ factors, route, report, degree }): Outcome => ({
                factors,
                report: { ...report, route, ...(degree === undefined ? {} : { degree }) },
              })),
            ),
      ),
      TE.map((outcome) => completedModule(setup, module, outcome, started)),
    )()
  }
