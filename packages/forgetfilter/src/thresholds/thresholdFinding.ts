/** What a way to find a threshold ends in, and words for it. */

/** A threshold, or why there is none. */
export interface Finding {
  /** Rows with a larger rate are dropped; null where there is none. */
  readonly phi: number | null
  /** Why this phi, or why none. */
  readonly reason: string
  readonly diagnostics: Readonly<Record<string, number>>
}

/** No threshold. */
export const nothingFound = (reason: string, diagnostics: Finding['diagnostics'] = {}): Finding => ({
  phi: null,
  reason,
  diagnostics,
})

/** Why a split cannot be made; undefined where at least two rates differ. */
export const cannotSplit = (rates: ReadonlyArray<number>): string | undefined =>
  rates.length < 2
    ? `${rates.length} rated rows are too few to split`
    : rates.every((rate) => rate === rates[0])
      ? 'all rates are equal, so nothing separates forgotten rows from kept ones'
      : undefined

/** Why a split below 0 is none. */
export const belowZero = (split: number): string =>
  `the best split is ${split.toPrecision(4)}, below 0: it would drop rows that were not forgotten`
