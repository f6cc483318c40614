/** Each method over its strengths: task against attack success on the test, with the points that no other strength beats. */
import type { StrengthValue } from '@safe/tensor-core/contracts'
import { type Factors, type FineTune, defendedStages, fineTuneKey, fineTuneOf } from '../plan/factors'
import { groupedBy } from '../plan/groupedBy'
import type { Estimate } from '../stats'
import type { Metrics } from './metrics'
import { type SelectionRule, strengthRank } from './selection'

// model ------------------------------------------------------------------------------------------

/** One strength of a method. */
export interface FrontPoint extends FineTune {
  readonly strength: StrengthValue
  readonly task: Estimate | undefined
  readonly lookalikeAnswered: Estimate | undefined
  readonly degenerate: Estimate | undefined
  readonly attackSuccess: Estimate | undefined
  /** Selected on the validation items of this aligned model and regime. */
  readonly selected: boolean
  /** Another strength of the method has no worse a task and no worse attack success, and one of them better. */
  readonly dominated: boolean
}

/** By method, from weak to strong within an aligned model and regime. */
export type Fronts = Readonly<Record<string, ReadonlyArray<FrontPoint>>>

/** Cells that differ in the seed alone. */
export interface Pool {
  readonly key: string
  readonly members: ReadonlyArray<{ readonly factors: Factors; readonly control: boolean }>
  readonly metrics: Metrics
}

// constructors -----------------------------------------------------------------------------------

/** The points of a method alone at one of its strengths. */
const pointsOf = (
  pools: ReadonlyArray<Pool>,
  chosen: ReadonlySet<string>,
  { paths }: SelectionRule,
  method: string,
): ReadonlyArray<Omit<FrontPoint, 'dominated'>> =>
  pools
    .flatMap(({ key, members: [first], metrics }) => {
      const strength = first?.factors.strengths?.[method]
      return first === undefined ||
        strength === undefined ||
        defendedStages(first.factors).length !== 1 ||
        Object.keys(first.factors.strengths ?? {}).length !== 1
        ? []
        : [
            {
              rank: strengthRank(paths, first.factors),
              point: {
                ...fineTuneOf(first.factors),
                strength,
                task: metrics.exactMatch,
                lookalikeAnswered: metrics.lookalikeAnswered,
                degenerate: metrics.degenerate,
                attackSuccess: metrics.attackSuccess,
                selected: chosen.has(key),
              },
            },
          ]
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ point }) => point)

type Point = Omit<FrontPoint, 'dominated'>

/** Of one aligned model and regime. */
const beats = (a: Point, b: Point): boolean => {
  const [task, attack] = [
    (a.task?.value ?? 0) - (b.task?.value ?? 0),
    (b.attackSuccess?.value ?? 1) - (a.attackSuccess?.value ?? 1),
  ]
  return task >= 0 && attack >= 0 && task + attack > 0
}

/** The fronts of all methods and controls that strengths were tried of. */
export const frontsOf = (
  pools: ReadonlyArray<Pool>,
  chosen: ReadonlySet<string>,
  rule: SelectionRule,
): Fronts =>
  Object.fromEntries(
    Object.keys(rule.paths).map((method) => {
      const points = pointsOf(pools, chosen, rule, method)
      const byFineTune = groupedBy(points, fineTuneKey)
      const same = (point: Point): ReadonlyArray<Point> => byFineTune.get(fineTuneKey(point)) ?? []
      return [
        method,
        points.map((point) => ({ ...point, dominated: same(point).some((other) => beats(other, point)) })),
      ]
    }),
  )
