/** The judges of a process: each is opened once, when it is first asked, and kept for all assertions that name it. */
import type { Fault, Judge, JudgeItem, Judgement } from '@safe/tensor-core/contracts'
import { failure } from '@safe/tensor-core/contracts'
import { selectEngine } from '@safe/tensor-core/engine'
import { canonicalJson } from '@safe/tensor-core/files'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type JudgeChoice, judgeModel, shownJudge } from '../config/judgeChoice'
import { judgeOpener } from '../work/judgeOpener'
import { localJudge } from '../work/localSuite'

// model ------------------------------------------------------------------------------------------

/** A judge that is open, and the end of the last question it was asked. */
interface Kept {
  readonly judge: Judge
  readonly dispose: () => void
  /** A model in this process answers one question after the other. */
  readonly inTurn: <A>(work: () => Promise<A>) => Promise<A>
}

// opening ----------------------------------------------------------------------------------------

const turns = (): Kept['inTurn'] => {
  const state: { last: Promise<unknown> } = { last: Promise.resolve() }
  return (work) => {
    const mine = state.last.then(work)
    state.last = mine.catch(() => undefined)
    return mine
  }
}

const opened = (choice: JudgeChoice): TE.TaskEither<Fault, Kept> =>
  pipe(
    localJudge()(choice),
    TE.mapLeft((fault): Fault => fault),
    TE.chainFirst((local) =>
      judgeModel(local) === undefined
        ? TE.right(undefined)
        : pipe(
            selectEngine('auto'),
            TE.bimap(
              (fault): Fault => fault,
              () => undefined,
            ),
          ),
    ),
    TE.chain(judgeOpener()),
    TE.map((open) => ({
      ...open,
      inTurn: judgeModel(choice) === undefined ? (work) => work() : turns(),
    })),
  )

// judges -----------------------------------------------------------------------------------------

const kept = new Map<string, Promise<E.Either<Fault, Kept>>>()

/** The judge of a choice. One that could not be opened is tried again when it is asked again. */
const judgeOf =
  (choice: JudgeChoice): TE.TaskEither<Fault, Kept> =>
  async () => {
    const key = canonicalJson(shownJudge(choice))
    const found = kept.get(key) ?? opened(choice)()
    kept.set(key, found)
    const result = await found
    if (E.isLeft(result) && kept.get(key) === found) kept.delete(key)
    return result
  }

/** One judgement, and who gave it. */
export const asked = (
  choice: JudgeChoice,
  item: JudgeItem,
): TE.TaskEither<Fault, { readonly judge: Judge; readonly judgement: Judgement }> =>
  pipe(
    judgeOf(choice),
    TE.chain(
      ({ judge, inTurn }) =>
        () =>
          inTurn(
            pipe(
              judge.judge([item]),
              TE.mapLeft((fault): Fault => fault),
              TE.chain(([judgement]) =>
                judgement === undefined
                  ? TE.left<Fault>(failure('JudgeFailed', 'gave no judgement', { where: judge.id }))
                  : TE.right({ judge, judgement }),
              ),
            ),
          ),
    ),
  )

/** Frees all judges; they are opened again where they are asked again. */
export const closeJudges = async (): Promise<void> => {
  const open = [...kept.values()]
  kept.clear()
  for (const found of await Promise.all(open)) if (E.isRight(found)) found.right.dispose()
}
