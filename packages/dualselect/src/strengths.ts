/** How strong DualSelect acts: one path of settings, that a benchmark tries and that `dualselect tune` tries where it is given no others. */

// model ------------------------------------------------------------------------------------------

/** A strength of DualSelect; all other options are given apart from it. */
export interface Strength {
  readonly rho: number
  /** Share of the response tokens of a batch that is kept; 1 keeps every row. */
  readonly tokenBudget: number
}

// constants --------------------------------------------------------------------------------------

/** From weak to strong: a stronger correction goes with a smaller share of each batch. */
export const strengths: ReadonlyArray<Strength> = [
  { rho: 0.05, tokenBudget: 0.95 },
  { rho: 0.1, tokenBudget: 0.9 },
  { rho: 0.2, tokenBudget: 0.9 },
  { rho: 0.5, tokenBudget: 0.9 },
  { rho: 1, tokenBudget: 0.8 },
]
