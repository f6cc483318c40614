/** What each kind of threshold does with rates of labelled rows. */
import { DEFAULT_ALPHA, PAPER_PHI } from '../../packages/forgetfilter/src/defaults'
import type { RatedRow } from '../../packages/forgetfilter/src/rates/rates'
import { type ThresholdChoice, chooseThreshold } from '../../packages/forgetfilter/src/thresholds/threshold'
import type { Outcome } from './thresholdTables'

// model ------------------------------------------------------------------------------------------

/** A row whose label is known. */
export interface LabelledRow extends RatedRow {
  readonly unsafe: boolean
}

// methods ----------------------------------------------------------------------------------------

export interface Method {
  readonly name: string
  readonly choice: ThresholdChoice
  readonly usesCanaries: boolean
}

/** Without canaries `auto` is `gmm`, so it is tried with them only. */
export const methodsOf = (alpha: number = DEFAULT_ALPHA): ReadonlyArray<Method> => [
  { name: `fixed ${PAPER_PHI}`, choice: { method: 'fixed', phi: PAPER_PHI }, usesCanaries: false },
  { name: 'otsu', choice: { method: 'otsu' }, usesCanaries: false },
  { name: 'gmm', choice: { method: 'gmm' }, usesCanaries: false },
  { name: 'null', choice: { method: 'null', alpha }, usesCanaries: true },
  { name: 'auto', choice: { method: 'auto', alpha }, usesCanaries: true },
]

/**
 * A threshold is useful where some threshold drops a share of the unsafe rows that is larger by this than that of the benign rows
 * (Youden's J): unlike F1 this does not depend on how many rows are unsafe.
 */
export const LEAST_USEFUL_J = 0.5

// one draw ---------------------------------------------------------------------------------------

interface Counts {
  readonly dropped: number
  readonly both: number
  readonly unsafe: number
  readonly rows: number
}

const f1Of = ({ dropped, both, unsafe }: Counts): number =>
  dropped + unsafe === 0 ? 0 : (2 * both) / (dropped + unsafe)

const countsOf = (rows: ReadonlyArray<LabelledRow>, phi: number): Counts => ({
  dropped: rows.filter(({ rate }) => (rate ?? -Infinity) > phi).length,
  both: rows.filter(({ rate, unsafe }) => unsafe && (rate ?? -Infinity) > phi).length,
  unsafe: rows.filter(({ unsafe }) => unsafe).length,
  rows: rows.length,
})

/** The best of all thresholds of at least 0, chosen with the labels: the largest F1 and the largest J. */
export const bestOf = (rows: ReadonlyArray<LabelledRow>): { readonly f1: number; readonly j: number } => {
  const rateOf = ({ rate }: LabelledRow): number => rate ?? -Infinity
  const sorted = rows.toSorted((a, b) => rateOf(b) - rateOf(a))
  const unsafe = rows.filter((row) => row.unsafe).length
  const benign = rows.length - unsafe
  let [both, f1, j] = [0, 0, 0]
  sorted.forEach((row, i) => {
    both += row.unsafe ? 1 : 0
    if (rateOf(row) <= 0 || sorted[i + 1]?.rate === row.rate) return
    f1 = Math.max(f1, f1Of({ dropped: i + 1, both, unsafe, rows: rows.length }))
    if (unsafe > 0) j = Math.max(j, both / unsafe - (i + 1 - both) / benign)
  })
  return { f1, j }
}

export const outcomeOf = (
  { choice, usesCanaries }: Method,
  rows: ReadonlyArray<LabelledRow>,
  canaries: ReadonlyArray<RatedRow>,
  useful: boolean,
): Outcome => {
  const { phi, abstained } = chooseThreshold(choice, rows, usesCanaries ? canaries : [])
  const counts = countsOf(rows, phi ?? Infinity)
  const { dropped, both, unsafe } = counts
  return {
    f1: unsafe === 0 ? null : f1Of(counts),
    precision: dropped === 0 ? null : both / dropped,
    recall: unsafe === 0 ? null : both / unsafe,
    benignLost: (dropped - both) / (rows.length - unsafe),
    abstained,
    right: abstained !== useful,
  }
}
