/** The settings that are tried: every strength of the correction with every token budget. */

// model ------------------------------------------------------------------------------------------

/** A setting of DualSelect; all other options are those of the command. */
export interface Setting {
  readonly rho: number
  /** Share of the response tokens of a batch that is kept; 1 keeps every row. */
  readonly tokenBudget: number
}

// constructors -----------------------------------------------------------------------------------

/** All pairs, in rising order of rho and falling order of the budget: from weak to strong. */
export const gridOf = (
  rhos: ReadonlyArray<number>,
  budgets: ReadonlyArray<number>,
): ReadonlyArray<Setting> => {
  const rising = [...new Set(rhos)].sort((a, b) => a - b)
  const falling = [...new Set(budgets)].sort((a, b) => b - a)
  return rising.flatMap((rho) => falling.map((tokenBudget) => ({ rho, tokenBudget })))
}

/** A setting in words, and the name of its folder: `rho-0.2-budget-0.9`. */
export const settingName = ({ rho, tokenBudget }: Setting): string => `rho-${rho}-budget-${tokenBudget}`
