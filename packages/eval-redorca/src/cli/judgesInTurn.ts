/** Judges of a command that are asked one after the other: each is freed before the next one is loaded. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, judgeUseOf, startJudgeEngine, stopping } from '@safe/tensor-core/cli'
import type {
  Fault,
  Judge,
  JudgeItem,
  JudgePair,
  Judgement,
  PairwiseJudge,
} from '@safe/tensor-core/contracts'
import type { JudgeUse } from '@safe/tensor-core/judges'
import { type PairVerdict, pairVerdicts } from '../pairs/verdict'
import { type Asking, askInBatches, inBatches } from '../work/askInBatches'

// model ------------------------------------------------------------------------------------------

/** How judges of one kind are named and opened. */
export interface JudgeDoor<C, J> {
  readonly open: (
    choice: C,
    use: JudgeUse,
  ) => TE.TaskEither<Fault, { readonly judge: J; readonly dispose: () => void }>
  /** The model in this process that a judge asks; undefined where it asks none. */
  readonly modelOf: (choice: C) => string | undefined
}

// opening ----------------------------------------------------------------------------------------

/** A fault about a judge names the option, unless it names a place itself. */
const atJudgeOption = (fault: Fault): Fault => ({ where: '--judge', ...fault })

/** Opens every judge in turn and asks it; the engine is started for the first that needs it. @returns what was made of each, in order */
export const eachJudge =
  <C, J>({ open, modelOf }: JudgeDoor<C, J>, context: Context, choices: ReadonlyArray<C>) =>
  <A>(ask: (judge: J, choice: C) => TE.TaskEither<Fault, A>): TE.TaskEither<Fault, ReadonlyArray<A>> => {
    const first = choices.findIndex((choice) => modelOf(choice) !== undefined)
    return pipe(
      choices,
      TE.traverseSeqArrayWithIndex((i, choice) =>
        TE.bracket(
          pipe(open(choice, judgeUseOf(context)), TE.mapLeft(atJudgeOption)),
          ({ judge }) =>
            pipe(
              startJudgeEngine(context, i === first ? [modelOf(choice)] : []),
              TE.chain(() => ask(judge, choice)),
            ),
          ({ dispose }) => TE.fromIO(dispose),
        ),
      ),
    )
  }

// asking -----------------------------------------------------------------------------------------

/** Items or pairs put to a judge at once. */
const batchSize = 64

/** Work that asks in batches, with progress; stopped with the command. */
export const withProgress =
  (context: Context, label: string, total: number) =>
  <A>(work: (asking: Asking) => TE.TaskEither<Fault, A>): TE.TaskEither<Fault, A> => {
    const progress = context.progress(label, total)
    return pipe(
      work({ batchSize, signal: context.signal, onDone: (done) => progress.tick(done) }),
      stopping(() => progress),
    )
  }

/** One judgement per item, in order, with progress; stopped with the command. */
export const judgedBy =
  (context: Context) =>
  (judge: Judge, items: ReadonlyArray<JudgeItem>): TE.TaskEither<Fault, ReadonlyArray<Judgement>> =>
    withProgress(
      context,
      `judging by ${judge.id}`,
      items.length,
    )((asking) => askInBatches(asking)(judge)(items))

/** One verdict per pair, in order, with progress; stopped with the command. */
export const comparedBy =
  (context: Context) =>
  (judge: PairwiseJudge, pairs: ReadonlyArray<JudgePair>): TE.TaskEither<Fault, ReadonlyArray<PairVerdict>> =>
    withProgress(
      context,
      `comparing by ${judge.id}`,
      pairs.length,
    )((asking) => inBatches(asking)(pairVerdicts(judge))(pairs))
