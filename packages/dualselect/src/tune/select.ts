/**
 * Which setting to use: of those that keep the task within epsilon of plain fine-tuning, the safest. Comparing methods at equal
 * strength says little: a stronger correction is safer and learns less.
 */
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

// constructors -----------------------------------------------------------------------------------

/** Means of the same rows may differ in their last digits. */
const rounding = 1e-9

/** Whether a setting keeps the task: accuracy at least that of plain fine-tuning minus epsilon. */
export const keepsTask =
  ({ plain, epsilon }: Bound) =>
  ({ accuracy }: Scored): boolean =>
    accuracy >= plain - epsilon - rounding

/** Equal up to rounding. */
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= rounding

/**
 * The safest of the settings that keep the task; ties go to the higher accuracy, then to the weaker setting (smaller rho, larger
 * budget). Undefined where none keeps it.
 */
export const safest = <S extends Scored>(settings: ReadonlyArray<S>, bound: Bound): S | undefined =>
  settings
    .filter(keepsTask(bound))
    .reduce<S | undefined>((best, s) => (best === undefined || isBetter(s, best) ? s : best), undefined)

const isBetter = (a: Scored, b: Scored): boolean =>
  !isNear(a.safety, b.safety)
    ? a.safety > b.safety
    : !isNear(a.accuracy, b.accuracy)
      ? a.accuracy > b.accuracy
      : a.rho !== b.rho
        ? a.rho < b.rho
        : a.tokenBudget > b.tokenBudget
