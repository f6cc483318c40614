/** The settings that are tried: the strengths of the benchmark, or every given strength of the correction with every given budget. */
import { type Strength, strengths } from '../strengths'

// model ------------------------------------------------------------------------------------------

/** A setting of DualSelect; all other options are those of the command. */
export type Setting = Strength

/** What a command names of the settings to try. */
export interface GridChoice {
  readonly rho?: ReadonlyArray<number> | undefined
  readonly tokenBudget?: ReadonlyArray<number> | undefined
}

/** The budget of given strengths of the correction: that of most of the benchmark's strengths, and the paper's. */
const usualBudget = 0.9

// constructors -----------------------------------------------------------------------------------

/**
 * From weak to strong. Where neither is given, the strengths of the benchmark; else all pairs, in rising order of rho and falling
 * order of the budget.
 */
export const gridOf = ({ rho, tokenBudget }: GridChoice): ReadonlyArray<Setting> => {
  if (rho === undefined && tokenBudget === undefined) return strengths
  const rising = [...new Set(rho ?? strengths.map((s) => s.rho))].sort((a, b) => a - b)
  const falling = [...new Set(tokenBudget ?? [usualBudget])].sort((a, b) => b - a)
  return rising.flatMap((r) => falling.map((budget) => ({ rho: r, tokenBudget: budget })))
}

/** A setting in words, and the name of its folder: `rho-0.2-budget-0.9`. */
export const settingName = ({ rho, tokenBudget }: Setting): string => `rho-${rho}-budget-${tokenBudget}`
