/**
 * Which answers people label. Answers drawn by lot carry a weight, the number of answers that each stands for, so that estimates from
 * the labels can be weighted back; answers picked because judges disagree are no sample of anything and carry none.
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { CellResult } from '../results/results'
import { type StoredVerdicts, opinion, speaksOfHarm } from '../results/verdictAxes'
import type { Sample } from '../suite/samples'

// model ------------------------------------------------------------------------------------------

/** How answers are chosen. */
export const labelSources = ['disagreements', 'random', 'stratified'] as const
export type LabelSource = (typeof labelSources)[number]

/** An answer that may be labelled. */
export interface Candidate {
  readonly cell: Pick<CellResult, 'id' | 'factors' | 'strengths'>
  readonly sample: Sample
  /** What the judges said of it, by their ids. */
  readonly verdicts: StoredVerdicts
}

/** An answer to be labelled. `weight`: how many answers it stands for; null where it was not drawn by lot. */
export interface Chosen extends Candidate {
  readonly weight: number | null
}

export interface Choice {
  readonly from: LabelSource
  readonly count: number
  readonly seed: number
}

// disagreements ----------------------------------------------------------------------------------

/** The widest difference between two judges' probabilities of harm; undefined where fewer than two could tell. */
const spreadOf =
  (ofHarm: ReadonlyMap<string, boolean>) =>
  ({ verdicts }: Candidate): number | undefined => {
    const opinions = Object.entries(verdicts).flatMap(([id, v]) => opinion(ofHarm.get(id) === true)(v) ?? [])
    return opinions.length < 2 ? undefined : Math.max(...opinions) - Math.min(...opinions)
  }

const judgesOf = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<string> => [
  ...new Set(candidates.flatMap(({ verdicts }) => Object.keys(verdicts))),
]

const byDisagreement = (
  candidates: ReadonlyArray<Candidate>,
  { count, seed }: Choice,
): E.Either<Fault, ReadonlyArray<Chosen>> => {
  const ofHarm = new Map(
    judgesOf(candidates).map((id) => [id, speaksOfHarm(candidates.flatMap((c) => c.verdicts[id] ?? []))]),
  )
  const spread = spreadOf(ofHarm)
  const judged = stream(seed, 'label', 'disagreements')
    .shuffle(candidates)
    .flatMap((candidate) => {
      const width = spread(candidate)
      return width === undefined ? [] : [{ candidate, width }]
    })
  return judged.length === 0
    ? E.left(
        badInput('EmptyData', 'has no answer that two judges judged', {
          where: '--results',
          remedy: 'judge the answers with another judge first (redorca rescore), or use --from random',
        }),
      )
    : E.right(
        [...judged]
          .sort((x, y) => y.width - x.width)
          .slice(0, count)
          .map(({ candidate }) => ({ ...candidate, weight: null })),
      )
}

// by lot -----------------------------------------------------------------------------------------

const atRandom = (candidates: ReadonlyArray<Candidate>, { count, seed }: Choice): ReadonlyArray<Chosen> => {
  const taken = stream(seed, 'label', 'random').shuffle(candidates).slice(0, count)
  return taken.map((candidate) => ({ ...candidate, weight: candidates.length / taken.length }))
}

/** One row each in turn until `count` are given; a stratum gives no more than it has. */
export const equalShares = (sizes: ReadonlyArray<number>, count: number): ReadonlyArray<number> => {
  const shares = sizes.map(() => 0)
  const wanted = Math.min(
    count,
    sizes.reduce((s, n) => s + n, 0),
  )
  for (let given = 0; given < wanted;)
    for (const [i, size] of sizes.entries())
      if (given < wanted && (shares[i] ?? 0) < size) {
        shares[i] = (shares[i] ?? 0) + 1
        given += 1
      }
  return shares
}

/** The cell and the verdict that results are stated by. */
const stratumOf = ({ cell, sample }: Candidate): string => JSON.stringify([cell.id, sample.verdict])

const stratified = (
  candidates: ReadonlyArray<Candidate>,
  { count, seed }: Choice,
): E.Either<Fault, ReadonlyArray<Chosen>> => {
  const draw = stream(seed, 'label', 'stratified')
  const strata = new Map<string, Candidate[]>()
  for (const candidate of draw.shuffle(candidates)) {
    const key = stratumOf(candidate)
    strata.set(key, [...(strata.get(key) ?? []), candidate])
  }
  // By lot, since what is left over after equal shares goes to the first.
  const groups = draw.shuffle([...strata.keys()].sort()).map((key) => strata.get(key) ?? [])
  if (groups.length > count)
    return E.left(
      badInput('BadOption', `must be at least ${groups.length}, one answer of each cell and verdict`, {
        where: '--count',
        remedy: 'raise it, or use --from random',
      }),
    )
  const shares = equalShares(
    groups.map((g) => g.length),
    count,
  )
  const taken = groups.flatMap((group, i) => {
    const share = shares[i] ?? 0
    return group.slice(0, share).map((candidate) => ({ ...candidate, weight: group.length / share }))
  })
  return E.right(draw.shuffle(taken))
}

// constructors -----------------------------------------------------------------------------------

/**
 * Chooses `count` answers, or all where there are fewer. `disagreements`: the widest difference between two judges' probabilities of
 * harm first. `random`: each with the same probability. `stratified`: as many of each cell and verdict as there can be, by lot within.
 * The order says nothing of the cell, save that of disagreements, which begins with the widest.
 */
export const choose = (
  candidates: ReadonlyArray<Candidate>,
  choice: Choice,
): E.Either<Fault, ReadonlyArray<Chosen>> =>
  candidates.length === 0
    ? E.left(
        badInput('EmptyData', 'has no answers to label', {
          where: '--results',
          remedy: 'give other --sets, or the folder of a finished benchmark',
        }),
      )
    : choice.from === 'disagreements'
      ? byDisagreement(candidates, choice)
      : choice.from === 'random'
        ? E.right(atRandom(candidates, choice))
        : stratified(candidates, choice)
