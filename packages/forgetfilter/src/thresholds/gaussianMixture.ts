/**
 * Two normal components fitted to numbers by expectation maximization, for rates that are a mixture of rows that were kept in mind
 * and rows that were forgotten.
 *
 *     f(x) = w N(x; m_lower, s_lower) + (1 - w) N(x; m_upper, s_upper)
 *
 * Rates have heavy ties (many are exactly 0), so an unconstrained fit puts a component of no width on one value and its likelihood
 * has no maximum. The two deviations may therefore differ by at most a factor (Hathaway, "A constrained formulation of
 * maximum-likelihood estimation for normal mixture distributions", Annals of Statistics 13, 1985); the M-step under this constraint
 * is exact, so the likelihood rises in every iteration.
 */
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { otsu } from './otsu'

// model ------------------------------------------------------------------------------------------

/** A normal component with its share of the values. */
export interface NormalComponent {
  /** Share of the values, 0 to 1. */
  readonly weight: number
  readonly mean: number
  readonly deviation: number
}

/** Two components, the one with the smaller mean first. */
export interface NormalMixture {
  readonly lower: NormalComponent
  readonly upper: NormalComponent
  /** Sum over the values of log f(x), nats. */
  readonly logLikelihood: number
}

/** Distinct values and how often each occurs: ties cost nothing. */
interface Counted {
  readonly values: ReadonlyArray<number>
  readonly counts: ReadonlyArray<number>
  readonly n: number
}

/** The largest ratio of the two deviations. */
export const DEVIATION_RATIO = 4
/** Iterations of each start, and of the best of them afterwards. */
const FIRST_ITERATIONS = 40
const MOST_ITERATIONS = 500
/** EM stops where an iteration gains less than this per value, nats. */
const LEAST_GAIN = 1e-8
/** Shares of the values above the split that a start puts into its upper component, besides Otsu's split. */
const START_SHARES: ReadonlyArray<number> = [0.5, 0.25, 0.1, 0.03, 0.01]

// parts ------------------------------------------------------------------------------------------

const counted = (values: ReadonlyArray<number>): Counted => {
  const counts = new Map<number, number>()
  for (const x of values) counts.set(x, (counts.get(x) ?? 0) + 1)
  const sorted = [...counts].sort(([a], [b]) => a - b)
  return { values: sorted.map(([x]) => x), counts: sorted.map(([, k]) => k), n: values.length }
}

/** x -> log(weight N(x; mean, deviation)) */
export const logDensity = ({ weight, mean, deviation }: NormalComponent): ((x: number) => number) => {
  const constant = Math.log(weight) - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI)
  return (x) => constant - 0.5 * ((x - mean) / deviation) ** 2
}

type Components = readonly [NormalComponent, NormalComponent]

/** The E-step: the probability of each value to belong to the second component, and the log-likelihood of all values. */
const expected = ({ values, counts }: Counted, [first, second]: Components) => {
  const [one, two] = [logDensity(first), logDensity(second)]
  const belongs = new Float64Array(values.length)
  let logLikelihood = 0
  values.forEach((x, i) => {
    const [a, b] = [one(x), two(x)]
    const other = Math.exp(-Math.abs(a - b))
    belongs[i] = (b > a ? 1 : other) / (1 + other)
    logLikelihood += (counts[i] ?? 0) * (Math.max(a, b) + Math.log1p(other))
  })
  return { belongs, logLikelihood }
}

/** Variances that maximize the likelihood given the sums of squares `a` of `na` and `b` of `nb` values, at most a ratio apart. */
const variances = (a: number, na: number, b: number, nb: number): readonly [number, number] => {
  const ratio = DEVIATION_RATIO ** 2
  const [va, vb] = [a / na, b / nb]
  if (va > ratio * vb) {
    const v = (a / ratio + b) / (na + nb)
    return [ratio * v, v]
  }
  if (vb > ratio * va) {
    const v = (a + b / ratio) / (na + nb)
    return [v, ratio * v]
  }
  return [va, vb]
}

/** The M-step: the components of largest likelihood where value i belongs to the second with probability `belongs[i]`. */
const maximized = (
  { values, counts, n }: Counted,
  belongs: ArrayLike<number>,
): O.Option<readonly [NormalComponent, NormalComponent]> => {
  const sums = { n2: 0, first: 0, second: 0 }
  values.forEach((x, i) => {
    const [k, b] = [counts[i] ?? 0, belongs[i] ?? 0]
    sums.n2 += k * b
    sums.second += k * b * x
    sums.first += k * (1 - b) * x
  })
  const n1 = n - sums.n2
  if (!(n1 > 0) || !(sums.n2 > 0)) return O.none
  const [m1, m2] = [sums.first / n1, sums.second / sums.n2]
  const squares = { first: 0, second: 0 }
  values.forEach((x, i) => {
    const [k, b] = [counts[i] ?? 0, belongs[i] ?? 0]
    squares.first += k * (1 - b) * (x - m1) ** 2
    squares.second += k * b * (x - m2) ** 2
  })
  const [v1, v2] = variances(squares.first, n1, squares.second, sums.n2)
  return v1 > 0 && v2 > 0
    ? O.some([
        { weight: n1 / n, mean: m1, deviation: Math.sqrt(v1) },
        { weight: sums.n2 / n, mean: m2, deviation: Math.sqrt(v2) },
      ])
    : O.none
}

/** Components and the log-likelihood of the values under them. */
interface Fit {
  readonly components: Components
  readonly logLikelihood: number
}

/** Expectation maximization; none where a component has no values or no width. */
const climbed = (data: Counted, start: O.Option<Components>, iterations: number): O.Option<Fit> => {
  let components = start
  let last = -Infinity
  for (let iteration = 0; iteration < iterations && O.isSome(components); iteration++) {
    const { belongs, logLikelihood } = expected(data, components.value)
    if (logLikelihood - last < LEAST_GAIN * data.n) break
    last = logLikelihood
    components = maximized(data, belongs)
  }
  return pipe(
    components,
    O.map((found) => ({ components: found, logLikelihood: expected(data, found).logLikelihood })),
  )
}

/** The first iterations from a split of the values. */
const startedAt =
  (data: Counted) =>
  (split: number): O.Option<Fit> =>
    climbed(
      data,
      maximized(
        data,
        data.values.map((x) => (x > split ? 1 : 0)),
      ),
      FIRST_ITERATIONS,
    )

const better = (a: O.Option<Fit>, b: O.Option<Fit>): O.Option<Fit> =>
  O.isNone(a) || (O.isSome(b) && b.value.logLikelihood > a.value.logLikelihood) ? b : a

/** The value that a share of the values lies above. */
const upperQuantile = ({ values, counts, n }: Counted, share: number): number => {
  let above = 0
  for (let i = values.length - 1; i > 0; i--) {
    above += counts[i] ?? 0
    if (above >= share * n) return values[i - 1] ?? 0
  }
  return values[0] ?? 0
}

// constructors -----------------------------------------------------------------------------------

/**
 * The two-component mixture of largest likelihood: fits are started from Otsu's split and from upper shares down to 1 %, and the best
 * is continued. None where fewer than two values differ.
 */
export const normalMixture = (values: ReadonlyArray<number>): O.Option<NormalMixture> => {
  const data = counted(values)
  return pipe(
    otsu(values),
    O.chain(({ threshold }) => {
      const splits = [threshold, ...START_SHARES.map((share) => upperQuantile(data, share))]
      return [...new Set(splits)].map(startedAt(data)).reduce(better, O.none)
    }),
    O.chain(({ components }) => climbed(data, O.some(components), MOST_ITERATIONS)),
    O.map(({ components: [a, b], logLikelihood }) => {
      const [lower, upper] = a.mean <= b.mean ? [a, b] : [b, a]
      return { lower, upper, logLikelihood }
    }),
  )
}

// destructors ------------------------------------------------------------------------------------

/** Log-likelihood of the values under one normal component, nats; none where they do not vary. */
export const oneNormalLogLikelihood = (values: ReadonlyArray<number>): O.Option<number> => {
  const n = values.length
  const mean = values.reduce((s, x) => s + x, 0) / n
  const variance = values.reduce((s, x) => s + (x - mean) ** 2, 0) / n
  return variance > 0 ? O.some(-0.5 * n * (Math.log(2 * Math.PI * variance) + 1)) : O.none
}

/** Between the means, the value that belongs to both components with equal probability; none where one component covers both means. */
export const boundaryOf = ({ lower, upper }: NormalMixture): O.Option<number> => {
  const [below, above] = [logDensity(lower), logDensity(upper)]
  const lead = (x: number): number => below(x) - above(x)
  if (!(lead(lower.mean) > 0 && lead(upper.mean) < 0)) return O.none
  // The lead is a parabola, so between a positive and a negative value it has exactly one root.
  let [from, to] = [lower.mean, upper.mean]
  for (let i = 0; i < 100; i++) {
    const middle = (from + to) / 2
    if (lead(middle) > 0) from = middle
    else to = middle
  }
  return O.some((from + to) / 2)
}

/**
 * Ashman's D = |m_1 - m_2| / sqrt((s_1^2 + s_2^2) / 2): above 2, two components are cleanly separated (Ashman, Bird and Zepf,
 * "Detecting bimodality in astronomical datasets", Astronomical Journal 108, 1994).
 */
export const ashmansD = ({ lower, upper }: NormalMixture): number =>
  (upper.mean - lower.mean) / Math.sqrt((lower.deviation ** 2 + upper.deviation ** 2) / 2)
