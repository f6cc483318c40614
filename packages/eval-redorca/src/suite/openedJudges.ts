/** The judges of a suite, opened together: those that measure, the headline judge first, and the one that chooses among beams. */
import * as E from 'fp-ts/Either'
import type * as RNEA from 'fp-ts/ReadonlyNonEmptyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import type { OpenedJudge } from '@safe/tensor-core/judges'
import type { FileSuite } from '../config/fileSuiteConfig'
import { type JudgeChoice, judgeModel, shownJudge } from '../config/judgeChoice'
import type { Suite } from './suite'

// model ------------------------------------------------------------------------------------------

/** Opens a judge that a configuration names. Its id is known at once; a model is loaded when the judge is first asked. */
export type OpenJudge = (choice: JudgeChoice) => TE.TaskEither<Fault, OpenedJudge>

/** The judges of a suite, and how they are freed. */
export type SuiteJudges = Required<Pick<Suite, 'judges' | 'beamJudge' | 'judgeModels' | 'dispose'>>

// parts ------------------------------------------------------------------------------------------

/** A fault of opening a judge names the key of the configuration that names the judge. */
export const atKey =
  (where: string) =>
  (fault: Fault): Fault => ({
    ...fault,
    where: fault.where === undefined ? where : `${where}: ${fault.where}`,
  })

const opened =
  (open: OpenJudge, where: string) =>
  (choice: JudgeChoice): TE.TaskEither<Fault, OpenedJudge> =>
    pipe(open(choice), TE.mapLeft(atKey(where)))

/** Opens judges one after the other; where one cannot be opened, those before it are freed. */
export const openedAll = (
  open: OpenJudge,
  where: string,
  choices: ReadonlyArray<JudgeChoice>,
): TE.TaskEither<Fault, ReadonlyArray<OpenedJudge>> =>
  choices.reduce<TE.TaskEither<Fault, ReadonlyArray<OpenedJudge>>>(
    (before, choice) =>
      pipe(
        before,
        TE.chain((list) =>
          pipe(
            opened(open, where)(choice),
            TE.map((one) => [...list, one]),
            TE.tapError(() => TE.fromIO(() => list.forEach((judge) => judge.dispose()))),
          ),
        ),
      ),
    TE.right([]),
  )

const nothing: () => void = () => undefined

/** The judge among beams; one that also measures is opened once. */
const openedBeams = (
  open: OpenJudge,
  beamJudge: JudgeChoice,
  choices: ReadonlyArray<JudgeChoice>,
  measuring: ReadonlyArray<OpenedJudge>,
): TE.TaskEither<Fault, OpenedJudge> => {
  const name = JSON.stringify(shownJudge(beamJudge))
  const same = measuring[choices.findIndex((choice) => JSON.stringify(shownJudge(choice)) === name)]
  return same === undefined
    ? opened(open, 'suite.beam-judge')(beamJudge)
    : TE.right({ judge: same.judge, dispose: nothing })
}

/** @returns left: two of the judges are the same */
export const distinct = (where: string, judges: ReadonlyArray<Judge>): E.Either<Fault, void> => {
  const ids = judges.map((judge) => judge.id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  return twice === undefined
    ? E.right(undefined)
    : E.left(badInput('BadConfig', `names ${twice} twice`, { where, remedy: 'name each judge once' }))
}

/** The judges with the headline judge first. */
const ordered = (
  judges: ReadonlyArray<Judge>,
  headline: string | undefined,
): E.Either<Fault, RNEA.ReadonlyNonEmptyArray<Judge>> => {
  const first = headline === undefined ? judges[0] : judges.find(({ id }) => id === headline)
  return first === undefined
    ? E.left(
        badInput('BadConfig', `names ${headline ?? 'no judge'}, which does not measure`, {
          where: 'suite.headline',
          remedy: `give one of ${judges.map(({ id }) => id).join(', ')}`,
        }),
      )
    : E.right([first, ...judges.filter((judge) => judge !== first)])
}

// constructors -----------------------------------------------------------------------------------

/** @returns left: a judge that cannot be opened, one that is named twice, or a `headline` that does not measure */
export const suiteJudges =
  (open: OpenJudge) =>
  ({
    judges,
    headline,
    beamJudge,
  }: Pick<FileSuite, 'judges' | 'headline' | 'beamJudge'>): TE.TaskEither<Fault, SuiteJudges> =>
    pipe(
      TE.Do,
      TE.bind('measuring', () => openedAll(open, 'suite.judge', judges)),
      TE.bind('beams', ({ measuring }) =>
        pipe(
          openedBeams(open, beamJudge, judges, measuring),
          TE.tapError(() => TE.fromIO(() => measuring.forEach((judge) => judge.dispose()))),
        ),
      ),
      TE.chain(({ measuring, beams }) => {
        const dispose = (): void => [...measuring, beams].forEach((judge) => judge.dispose())
        return pipe(
          TE.fromEither(
            distinct(
              'suite.judge',
              measuring.map(({ judge }) => judge),
            ),
          ),
          TE.chainEitherK(() =>
            ordered(
              measuring.map(({ judge }) => judge),
              headline,
            ),
          ),
          TE.map((all) => ({
            judges: all,
            beamJudge: beams.judge,
            judgeModels: [...new Set([...judges, beamJudge].flatMap((choice) => judgeModel(choice) ?? []))],
            dispose,
          })),
          TE.tapError(() => TE.fromIO(dispose)),
        )
      }),
    )
