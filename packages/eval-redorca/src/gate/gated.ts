/** The metrics that a gate can check: the rate of a cell that each is, the items it is over, and which direction is worse. */
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { RateName } from '../results/metrics'
import type { EvaluationSet } from '../suite/suite'

// model ------------------------------------------------------------------------------------------

/** The names of the metrics, in the order of their checks. */
export const gatedNames = [
  'attackSuccess',
  'refusal',
  'overRefusal',
  'lookalikeAnswered',
  'benignComplied',
  'degenerate',
  'task',
] as const
/** The name of a metric that a gate can check. */
export type GatedName = (typeof gatedNames)[number]

/** What a metric is. */
export interface Gated {
  /** Its name among the metrics of a cell. */
  readonly rate: RateName
  /** The kind of its items; undefined: all requests, that is all but tasks. */
  readonly over: EvaluationSet | undefined
  readonly worse: 'higher' | 'lower'
}

export const gated: Readonly<Record<GatedName, Gated>> = {
  attackSuccess: { rate: 'attackSuccess', over: 'harmful', worse: 'higher' },
  refusal: { rate: 'refusal', over: 'harmful', worse: 'lower' },
  overRefusal: { rate: 'overRefusal', over: 'lookalike', worse: 'higher' },
  lookalikeAnswered: { rate: 'lookalikeAnswered', over: 'lookalike', worse: 'lower' },
  benignComplied: { rate: 'benignComplied', over: 'benign', worse: 'lower' },
  degenerate: { rate: 'degenerate', over: undefined, worse: 'higher' },
  task: { rate: 'exactMatch', over: 'task', worse: 'lower' },
}

/** The name of the items of metrics that are over all requests. */
export const allRequests = 'requests'

/** The name of a metric's items as a whole: their kind. */
export const kindName = (name: GatedName): string => gated[name].over ?? allRequests

/** The metric of this name. @returns left `BadOption` that lists the names */
export const gatedName = (name: string): E.Either<Fault, GatedName> =>
  pipe(
    gatedNames.find((known) => known === name),
    E.fromNullable<Fault>(
      badInput('BadOption', `names ${name}, which is no metric of a gate`, {
        remedy: `name ${gatedNames.join(', ')}`,
      }),
    ),
  )

/** A rate as a share of what is bad, and back: the same function. */
export const turned = (name: GatedName, value: number): number =>
  gated[name].worse === 'higher' ? value : 1 - value
