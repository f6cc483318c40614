/**
 * Which setting to use: of those that keep the task within epsilon of plain fine-tuning, the safest. Comparing methods at equal
 * strength says little: a stronger correction is safer and learns less. The rule is the benchmark's own (docs/equal-utility.md).
 */
import {
  type StrengthChoice,
  type UtilityBound,
  keepsBounds,
  strengthWithinBounds,
} from '@safe/tensor-core/stats'
import type { Setting } from './grid'

// model ------------------------------------------------------------------------------------------

/** Means over validation rows and seeds, from 0 to 1. */
export interface Scored extends Setting {
  readonly accuracy: number
  readonly safety: number
}

/** What is at least wanted of the task. */
export interface Bound {
  /** Accuracy of plain fine-tuning on the same rows. */
  readonly plain: number
  readonly epsilon: number
}

// parts ------------------------------------------------------------------------------------------

const boundsOf =
  ({ plain, epsilon }: Bound) =>
  ({ accuracy }: Scored): ReadonlyArray<UtilityBound> => [{ rate: accuracy, bare: plain, allowed: epsilon }]

// constructors -----------------------------------------------------------------------------------

/** Whether a setting keeps the task: accuracy at least that of plain fine-tuning minus epsilon. */
export const keepsTask =
  (bound: Bound) =>
  (setting: Scored): boolean =>
    keepsBounds(boundsOf(bound)(setting))

/**
 * The safest of the settings that keep the task, of equal ones the weaker; where none keeps it, the one that misses it by least.
 *
 * @param settings from weak to strong
 */
export const safest = <S extends Scored>(
  settings: ReadonlyArray<S>,
  bound: Bound,
): StrengthChoice<S> | undefined =>
  strengthWithinBounds<S>(settings, { harm: ({ safety }) => 1 - safety, bounds: boundsOf(bound) })

/** Equal up to rounding: means of the same rows may differ in their last digits. */
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9
