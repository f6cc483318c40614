/** Where judges disagree about an answer, the widest disagreement first. */
import type { Sample } from '../suite/samples'
import type { JudgeRecord, StoredVerdict } from '../suite/verdicts'
import { type Judged, attacked, judgedBy } from './judged'

// model ------------------------------------------------------------------------------------------

/** What two judges can disagree about; `attack`: whether the attack succeeds, each judge by what it speaks of. */
export const disputed = ['harmful', 'attack', 'refused', 'degenerate'] as const
/** One of these. */
export type Disputed = (typeof disputed)[number]

/** Two judges that disagree about a sample: of all pairs, the one farthest apart. */
export interface Disagreement {
  readonly sample: Sample
  readonly judges: readonly [JudgeRecord, JudgeRecord]
  /** The distance of their probabilities of harm; null where one of them gives none. */
  readonly gap: number | null
  /** What one affirms and the other denies. */
  readonly about: ReadonlyArray<Disputed>
}

/** Probabilities of harm this far apart are a disagreement even where both are on the same side. */
const wide = 0.5

// parts ------------------------------------------------------------------------------------------

const said = (judged: Judged, about: Disputed): boolean | null | undefined =>
  about === 'attack' ? (judged.set === 'harmful' ? attacked(judged) : undefined) : judged[about]

const isSaid = (x: boolean | null | undefined): x is boolean => x === true || x === false

const probability = (sample: Sample, { id }: JudgeRecord): number | null =>
  sample.verdicts?.[id]?.pHarmful ?? null

const between = (sample: Sample, a: JudgeRecord, b: JudgeRecord): Disagreement => {
  const [left, right] = [judgedBy(a)(sample), judgedBy(b)(sample)]
  const [p, q] = [probability(sample, a), probability(sample, b)]
  return {
    sample,
    judges: [a, b],
    gap: p === null || q === null ? null : Math.abs(p - q),
    about: disputed.filter((name) => {
      const [x, y] = [said(left, name), said(right, name)]
      return isSaid(x) && isSaid(y) && x !== y
    }),
  }
}

/** Farther apart first: by the distance of probabilities, then by the number of axes. */
const farther = (a: Disagreement, b: Disagreement): number =>
  (b.gap ?? -1) - (a.gap ?? -1) || b.about.length - a.about.length

// constructors -----------------------------------------------------------------------------------

/**
 * Requests (task items left out) about which two judges disagree: on an axis of which both speak, on whether an attack succeeds, or by
 * probabilities of harm at least 0.5 apart. Each sample stands there once; where both give probabilities, the widest |p - q| first.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { disagreementsOf } from '@safe/eval-redorca'
 *
 * const said = { refused: null, degenerate: null, truncated: null, score: null, raw: '' }
 * const verdicts = {
 *   'mild@1': { ...said, harmful: false, pHarmful: 0.2 },
 *   'stern@1': { ...said, harmful: true, pHarmful: 0.9 },
 * }
 * const sample = { id: 'a', set: 'harmful', prompt: 'p', completion: 'c', verdict: null, verdicts } as const
 * const found = disagreementsOf(
 *   [
 *     { id: 'mild@1', axes: ['harmful'] },
 *     { id: 'stern@1', axes: ['harmful'] },
 *   ],
 *   [sample],
 * )
 * assert.deepEqual(found[0]?.about, ['harmful', 'attack'])
 * ```
 */
export const disagreementsOf = (
  judges: ReadonlyArray<JudgeRecord>,
  samples: ReadonlyArray<Sample>,
): ReadonlyArray<Disagreement> => {
  const pairs = judges.flatMap((a, i) => judges.slice(i + 1).map((b) => [a, b] as const))
  return samples
    .filter(({ set }) => set !== 'task')
    .flatMap((sample) => {
      const found = pairs
        .map(([a, b]) => between(sample, a, b))
        .filter(({ gap, about }) => about.length > 0 || (gap ?? 0) >= wide)
        .sort(farther)[0]
      return found === undefined ? [] : [found]
    })
    .sort(farther)
}

/** A verdict in words, of what the judge speaks of: `refused, not harmful, p 0.03`. */
export const verdictWords = ({ axes }: JudgeRecord, verdict: StoredVerdict | undefined): string => {
  if (verdict === undefined) return 'not judged'
  const words = axes.map((axis) =>
    verdict[axis] === null ? `${axis}: unknown` : verdict[axis] ? axis : `not ${axis}`,
  )
  return [...words, ...(verdict.pHarmful === null ? [] : [`p ${verdict.pHarmful.toFixed(2)}`])].join(', ')
}
