/** Defended cells and the undefended cell of the same regime and seed, answer by answer: what a judge of pairs compares. */
import * as t from 'io-ts'
import { contentHash } from '@safe/tensor-core/files'
import { isTuned, isUndefended, settingKey } from '../plan/factors'
import { type Sample, isReported } from '../suite/samples'
import type { CellResult, Results } from './results'

// model ------------------------------------------------------------------------------------------

/** One prompt with the answers of both cells. */
export interface ComparedAnswer {
  readonly id: string
  readonly prompt: string
  /** The defended cell's answer. */
  readonly a: string
  /** The undefended cell's answer. */
  readonly b: string
  /** Where the prompt comes from, else the kind of request. */
  readonly set: string
}

/** A defended cell against the undefended one. */
export interface CellComparison {
  readonly cell: CellResult
  readonly against: string
  readonly answers: ReadonlyArray<ComparedAnswer>
}

// parts ------------------------------------------------------------------------------------------

const sourced = t.type({ source: t.string })

/** The name of the set that a sample comes from: the item's own field `source`. */
export const sourceOf = (sample: Sample): string | undefined =>
  sourced.is(sample) ? sample.source : undefined

/** The name of the set that a sample belongs to: its source where it has one, else its kind. */
export const setOf = (sample: Sample): string => sourceOf(sample) ?? sample.set

const answersOf = (
  ours: ReadonlyArray<Sample>,
  theirs: ReadonlyArray<Sample>,
): ReadonlyArray<ComparedAnswer> => {
  const other = new Map(theirs.map((s) => [s.id, s]))
  return ours.filter(isReported).flatMap((s) => {
    const b = other.get(s.id)
    return b === undefined || b.prompt !== s.prompt
      ? []
      : [{ id: s.id, prompt: s.prompt, a: s.completion, b: b.completion, set: setOf(s) }]
  })
}

// constructors -----------------------------------------------------------------------------------

/**
 * Every fine-tuned cell with a defence, against the undefended cell that differs from it by its defences alone; cells without such a
 * cell are left out.
 *
 * @param sets the kinds of requests to compare answers to
 */
export const comparisonsOf = (
  { cells }: Pick<Results, 'cells'>,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
  sets: ReadonlyArray<Sample['set']>,
): ReadonlyArray<CellComparison> => {
  const tuned = cells.filter((c) => isTuned(c.factors))
  const wanted = (id: string): ReadonlyArray<Sample> =>
    (samples.get(id) ?? []).filter((s) => sets.includes(s.set))
  return tuned
    .filter((c) => !isUndefended(c.factors))
    .flatMap((cell) => {
      const bare = tuned.find(
        (c) => isUndefended(c.factors) && settingKey(c.factors) === settingKey(cell.factors),
      )
      return bare === undefined
        ? []
        : [{ cell, against: bare.id, answers: answersOf(wanted(cell.id), wanted(bare.id)) }]
    })
}

/** All that decides what a judge of pairs says of a comparison. */
export const comparisonKey = ({ answers }: CellComparison, judge: string): string =>
  contentHash([judge, answers.map(({ id, prompt, a, b }) => [id, prompt, a, b])])
