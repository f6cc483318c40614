/** Judges of pairs, opened one after the other: each compares all it is given and is freed before the next is loaded. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, PairwiseJudge } from '@safe/tensor-core/contracts'
import type { JudgeUse, OpenedPairwise } from '@safe/tensor-core/judges'
import { atJudgeOption } from './verdictColumns'

/** Opens a judge of pairs by its specification. */
export type OpenPairwise = (spec: string, use: JudgeUse) => TE.TaskEither<Fault, OpenedPairwise>

/** Opens every judge in turn and asks it. @returns what was made of each judge, in order */
export const withEachPairwise =
  (open: OpenPairwise, use: JudgeUse, specs: ReadonlyArray<string>) =>
  <A>(ask: (judge: PairwiseJudge) => TE.TaskEither<Fault, A>): TE.TaskEither<Fault, ReadonlyArray<A>> =>
    pipe(
      specs,
      TE.traverseSeqArray((spec) =>
        TE.bracket(
          pipe(open(spec, use), TE.mapLeft(atJudgeOption)),
          ({ judge }) => ask(judge),
          ({ dispose }) => TE.fromIO(dispose),
        ),
      ),
    )
