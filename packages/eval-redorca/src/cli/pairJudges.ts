/** Judges of pairs on a command line. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, PairwiseJudge } from '@safe/tensor-core/contracts'
import { type JudgeUse, type OpenedPairwise, isAddress, parseJudgeSpec } from '@safe/tensor-core/judges'
import type { JudgeDoor } from './judgesInTurn'

/** Opens a judge of pairs by its specification. */
export type OpenPairwise = (spec: string, use: JudgeUse) => TE.TaskEither<Fault, OpenedPairwise>

/** Judges of pairs, by their specifications. */
export const pairDoor = (open: OpenPairwise): JudgeDoor<string, PairwiseJudge> => ({
  open,
  modelOf: (spec) =>
    pipe(
      parseJudgeSpec(spec),
      E.match(
        () => undefined,
        ({ model }) => (model === undefined || isAddress(model) ? undefined : model),
      ),
    ),
})
