/**
 * Canaries as rows: trusted benign rows that are trained on and rated with the data, decide the threshold, and are not in the
 * output. They come as a data set of their own, or are marked in the data by a field `canary` that is 1 or true.
 */
import * as E from 'fp-ts/Either'
import { type Dataset, type Example, type InputError, badInput } from '@safe/tensor-core/contracts'
import { isYes } from './diagnostics'
import type { RatedRow } from './rates/rates'
import type { ThresholdMethod } from './thresholds/threshold'

// model ------------------------------------------------------------------------------------------

/** Data with canaries among its rows. */
export interface WithCanaries {
  /** All rows, to be trained on and rated. */
  readonly all: Dataset
  /** The rows of the data itself. */
  readonly data: Dataset
  readonly canaryIds: ReadonlySet<string>
}

/** Rated rows of the data and of the canaries. */
export interface SplitRates {
  readonly rates: ReadonlyArray<RatedRow>
  readonly canaries: ReadonlyArray<RatedRow>
}

const PREFIX = 'canary:'

/** Whether a way to find a threshold uses canaries. */
export const usesCanaries = (method: ThresholdMethod | undefined): boolean =>
  method === 'null' || method === 'auto'

// constructors -----------------------------------------------------------------------------------

const withExamples = (data: Dataset, examples: ReadonlyArray<Example>): Dataset => ({ ...data, examples })

/** Data without canaries. */
export const noCanaries = (data: Dataset): WithCanaries => ({ all: data, data, canaryIds: new Set() })

/** Canaries spread evenly over the data, so that they are seen as often and as late as other rows where batches are not shuffled. */
export const mixedWith = (data: Dataset, canaries: Dataset): WithCanaries => {
  const named = canaries.examples.map((e) => ({ ...e, id: `${PREFIX}${e.id}` }))
  const [n, m] = [data.examples.length, named.length]
  const place = (j: number): number => Math.floor(((j + 1) * n) / (m + 1))
  const examples = new Array<Example>()
  let next = 0
  for (let i = 0; i <= n; i++) {
    for (; next < m && place(next) === i; next++) examples.push(...named.slice(next, next + 1))
    examples.push(...data.examples.slice(i, i + 1))
  }
  return { all: withExamples(data, examples), data, canaryIds: new Set(named.map(({ id }) => id)) }
}

const isMarked = ({ fields }: Example): boolean => isYes(fields['canary'])

/** Rows that are marked as canaries, apart from the others. */
export const markedCanaries = (data: Dataset): WithCanaries => ({
  all: data,
  data: withExamples(
    data,
    data.examples.filter((row) => !isMarked(row)),
  ),
  canaryIds: new Set(data.examples.filter(isMarked).map(({ id }) => id)),
})

/** The data with its canaries, where the method uses them; left where `null` has none. */
export const withCanaries = (
  method: ThresholdMethod | undefined,
  data: Dataset,
  canaries?: Dataset,
): E.Either<InputError, WithCanaries> => {
  if (!usesCanaries(method)) return E.right(noCanaries(data))
  const found = canaries === undefined ? markedCanaries(data) : mixedWith(data, canaries)
  return method === 'null' && found.canaryIds.size === 0
    ? E.left(
        badInput('BadOption', 'null needs canaries: trusted benign rows that are trained on with the data', {
          field: 'method',
          remedy: 'mark them in the data by a field `canary` that is 1, or use auto',
        }),
      )
    : E.right(found)
}

// destructors ------------------------------------------------------------------------------------

/** The rates of the data's own rows, in order, apart from those of the canaries. */
export const splitRates = (all: ReadonlyArray<RatedRow>, canaryIds: ReadonlySet<string>): SplitRates => ({
  rates: all.filter(({ id }) => !canaryIds.has(id)),
  canaries: all.filter(({ id }) => canaryIds.has(id)),
})
