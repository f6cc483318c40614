/**
 * The threshold with the fewest wrong decisions, as canaries estimate it. Rows are benign ones, which are forgotten as canaries are,
 * and unsafe ones. With A(t) and B(t) the shares of the rows and of the canaries whose rate is above t,
 *
 *     A(t) = (1 - u) B(t) + u R(t)
 *
 * where u is the share of unsafe rows and R(t) the share of these above t. Where A - B is largest, nearly all unsafe rows are above,
 * so u = (A - B) / (1 - B) there. Dropping the rows above t is wrong for the benign ones among them, (1 - u) B(t), and right for the
 * unsafe ones, A(t) - (1 - u) B(t); so wrong decisions are fewest where
 *
 *     A(t) - 2 (1 - u) B(t)
 *
 * is largest, if it is above 0: else every cut is wrong more often than right. Nothing is assumed about how rates are distributed
 * (Blanchard, Lee and Scott, "Semi-supervised novelty detection", JMLR 11, 2010: a sample of the normal kind and a mixture decide, and
 * the share of the other kind is what the first cannot explain).
 */
import * as O from 'fp-ts/Option'
import * as RA from 'fp-ts/ReadonlyArray'

// model ------------------------------------------------------------------------------------------

/** A cut of the rates with what it rests on. */
export interface CanaryCut {
  readonly phi: number
  /** Estimated share of unsafe rows, 0 to 1. */
  readonly unsafeShare: number
  /** Share of the canaries above phi: an estimate of the share of the benign rows that is lost. */
  readonly canariesAbove: number
}

/** Shares of the rows and of the canaries above a value. */
interface Above {
  readonly at: number
  /** The next larger value. */
  readonly next: number
  readonly rows: number
  readonly canaries: number
}

// parts ------------------------------------------------------------------------------------------

/** Share of rising values that are above x. */
const shareAbove = (sorted: ReadonlyArray<number>): ((x: number) => number) => {
  const n = sorted.length
  return (x) => {
    let [from, to] = [0, n]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((sorted[middle] ?? Infinity) <= x) from = middle + 1
      else to = middle
    }
    return (n - from) / n
  }
}

const rising = (values: ReadonlyArray<number>): ReadonlyArray<number> => values.toSorted((a, b) => a - b)

/** Midway between two neighbouring values, and below the upper one. */
const between = (lower: number, upper: number): number => {
  const middle = lower + (upper - lower) / 2
  return middle < upper ? middle : lower
}

/** The first of the largest by a measure. */
const largest =
  <A>(measure: (a: A) => number) =>
  (all: ReadonlyArray<A>): O.Option<A> =>
    RA.isNonEmpty(all) ? O.some(all.reduce((best, a) => (measure(a) > measure(best) ? a : best))) : O.none

// constructors -----------------------------------------------------------------------------------

/**
 * The cut; none without rows or canaries, where no row is above 0, or where every cut is wrong more often than right. It is at least
 * 0: a row that was not forgotten is never dropped.
 */
export const canaryCut = (
  rates: ReadonlyArray<number>,
  canaries: ReadonlyArray<number>,
): O.Option<CanaryCut> => {
  if (canaries.length === 0) return O.none
  const values = [0, ...new Set(rising([...rates, ...canaries].filter((rate) => rate > 0)))]
  const [ofRows, ofCanaries] = [shareAbove(rising(rates)), shareAbove(rising(canaries))]
  // Above the largest value there is no row.
  const cuts = values
    .slice(0, -1)
    .map((at, i): Above => ({ at, next: values[i + 1] ?? at, rows: ofRows(at), canaries: ofCanaries(at) }))
  const widest = largest<Above>((cut) => cut.rows - cut.canaries)(cuts)
  if (O.isNone(widest)) return O.none
  const { rows, canaries: benign } = widest.value
  const unsafeShare = benign < 1 ? Math.max(0, (rows - benign) / (1 - benign)) : 0
  const gain = (cut: Above): number => cut.rows - 2 * (1 - unsafeShare) * cut.canaries
  const best = largest(gain)(cuts)
  return O.isNone(best) || gain(best.value) <= 0
    ? O.none
    : O.some({
        phi: between(best.value.at, best.value.next),
        unsafeShare,
        canariesAbove: best.value.canaries,
      })
}
