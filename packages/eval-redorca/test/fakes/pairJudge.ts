/** Judges of pairs for tests. */
import * as TE from 'fp-ts/TaskEither'
import {
  type JudgePair,
  type PairwiseJudge,
  type Preference,
  judgeVersion,
} from '@safe/tensor-core/contracts'
import type { OpenPairwise } from '../../src/cli/pairJudges'

/** A judge by a rule, which sees the answers in the order in which they are shown. */
export const pairJudge = (
  id: string,
  prefers: (pair: JudgePair) => Preference | null,
  onAsked: (pairs: ReadonlyArray<JudgePair>) => void = () => undefined,
): PairwiseJudge => ({
  specificationVersion: judgeVersion,
  id,
  compare: (pairs) =>
    TE.fromIO(() => {
      onAsked(pairs)
      return pairs.map((pair) => {
        const preference = prefers(pair)
        return { id: pair.id, preference, pA: null, raw: preference ?? '?' }
      })
    }),
})

/** Prefers the longer answer. */
export const longer = ({ a, b }: JudgePair): Preference =>
  a.length === b.length ? 'tie' : a.length > b.length ? 'a' : 'b'

/** Opens these judges by their ids. */
export const opens =
  (...judges: ReadonlyArray<PairwiseJudge>): OpenPairwise =>
  (spec) => {
    const judge = judges.find((j) => j.id === spec)
    return judge === undefined
      ? TE.left({ _tag: 'UnknownJudge', kind: 'input', message: `there is no judge ${spec}` })
      : TE.right({ judge, dispose: () => undefined })
  }
