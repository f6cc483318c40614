/**
 * Whether two sides may be compared: the same suite, judge, rules and items. Where they may not, the message says all that differs, so
 * that one look is enough.
 */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Sample } from '../suite/samples'
import type { Side } from './side'

// parts ------------------------------------------------------------------------------------------

/** What tells the judge of one side from that of the other, and how to go on. */
const judgeDifference = (baseline: Side, candidate: Side): string | undefined => {
  if (baseline.judge.id === candidate.judge.id) return undefined
  const both = baseline.judges.filter((id) => candidate.judges.includes(id))
  return `different judges (${baseline.judge.id}, ${candidate.judge.id}; ${
    both.length === 0 ? 'none measured both' : `both were measured by ${both.join(', ')}`
  })`
}

const isSameItem = (a: Sample, b: Sample): boolean =>
  a.set === b.set &&
  a.prompt === b.prompt &&
  a.reference === b.reference &&
  (a.cluster === undefined || b.cluster === undefined || a.cluster === b.cluster)

/** Items of one id, kind, prompt, reference and cluster. */
const matchingItems = (ours: ReadonlyArray<Sample>, theirs: ReadonlyArray<Sample>): number => {
  const other = new Map(theirs.map((s) => [s.id, s]))
  return ours.filter((s) => {
    const found = other.get(s.id)
    return found !== undefined && isSameItem(s, found)
  }).length
}

/** Where rates are all that there is, the hash of the evaluation says whether the items are the same. */
const evaluationOf = ({ listing: { stamp } }: Side): string | undefined => stamp.hashes.data['evaluation']

const itemsDifference = (baseline: Side, candidate: Side): string | undefined => {
  const [ours, theirs] = [baseline.measured, candidate.measured]
  if (ours.kind === 'answers' && theirs.kind === 'answers') {
    const [a, b] = [ours.samples, theirs.samples]
    const same = matchingItems(a, b)
    return same === a.length && same === b.length
      ? undefined
      : `different items (${same} match, of ${a.length} of the baseline and ${b.length} of the candidate)`
  }
  const [a, b] = [evaluationOf(baseline), evaluationOf(candidate)]
  return a !== undefined && a === b
    ? undefined
    : `different items (the hashes of the evaluation are ${a ?? 'unknown'} and ${b ?? 'unknown'}; how many match is known only where both folders have their cells/)`
}

const valueDifference = (
  what: string,
  a: string | number | undefined,
  b: string | number | undefined,
): string | undefined =>
  a === undefined || b === undefined || a === b ? undefined : `different ${what} (${a}, ${b})`

// constructors -----------------------------------------------------------------------------------

/** All that differs and must not. */
const differencesBetween = (baseline: Side, candidate: Side): ReadonlyArray<string> =>
  [
    valueDifference('suites', baseline.listing.suite, candidate.listing.suite),
    judgeDifference(baseline, candidate),
    valueDifference('rules of task answers', baseline.rules.match, candidate.rules.match),
    valueDifference('limits of new tokens', baseline.rules.maxNewTokens, candidate.rules.maxNewTokens),
    itemsDifference(baseline, candidate),
  ].flatMap((difference) => difference ?? [])

/** @returns left `NotComparable` that names all that differs */
export const checkedComparable = (baseline: Side, candidate: Side): E.Either<Fault, void> => {
  const found = differencesBetween(baseline, candidate)
  const judges = baseline.judge.id !== candidate.judge.id
  return found.length === 0
    ? E.right(undefined)
    : E.left(
        badInput('NotComparable', `cannot be compared: ${found.join('; ')}`, {
          where: `${baseline.path} and ${candidate.path}`,
          remedy:
            judges && found.length === 1
              ? 'judge one of them again with redorca rescore, or name a judge of both with `judge`'
              : 'measure both with redorca check on one suite',
        }),
      )
}

/**
 * Whether what is about to be measured can be compared with a side, as far as its configuration tells: its items are compared when it is
 * measured.
 */
export const checkedAsked = (
  { path, listing, rules }: Side,
  asked: { readonly suite: string; readonly maxNewTokens: number },
): E.Either<Fault, void> => {
  const found = [
    valueDifference('suites', listing.suite, asked.suite),
    valueDifference('limits of new tokens', rules.maxNewTokens, asked.maxNewTokens),
  ].flatMap((difference) => difference ?? [])
  return found.length === 0
    ? E.right(undefined)
    : E.left(
        badInput('NotComparable', `cannot be compared with what is to be measured: ${found.join('; ')}`, {
          where: path,
          remedy: 'leave out `suite` to measure on the same, or measure both',
        }),
      )
}

/** What may move a rate besides the model: lines to warn with. */
export const environmentWarnings = (baseline: Side, candidate: Side): ReadonlyArray<string> => {
  const [a, b] = [baseline.listing.stamp, candidate.listing.stamp]
  const codeOf = (stamp: typeof a): string => stamp.versions['@safe/eval-redorca'] ?? ''
  return [
    ...(a.engine === b.engine ? [] : [`measured on different engines (${a.engine}, ${b.engine})`]),
    ...(a.dtype === b.dtype ? [] : [`measured with different storage (${a.dtype}, ${b.dtype})`]),
    ...(codeOf(a) === codeOf(b) ? [] : [`measured by different versions (${codeOf(a)}, ${codeOf(b)})`]),
    ...[baseline, candidate].flatMap(({ path, listing: { running } }) =>
      running === undefined ? [] : [`${path}: the run is not finished; the chosen cell is complete`],
    ),
  ]
}
