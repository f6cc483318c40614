/** Judges on a command line: `--judge` once or several times, opened for the command and freed after it. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import {
  type Context,
  type Option,
  custom,
  hubUseOf,
  judgeUseOf,
  many,
  required,
  startJudgeEngine,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import { type JudgeChoice, judgeChoiceCodec, judgeChoiceName, judgeModel } from '../config/judgeChoice'
import { distinct, openedAll } from '../suite/openedJudges'
import { judgeOpener } from '../work/judgeOpener'
import { localJudge } from '../work/localSuite'

// options ----------------------------------------------------------------------------------------

const chosen = (u: unknown): E.Either<string, JudgeChoice> =>
  pipe(
    typeof u === 'string' && u.startsWith('{')
      ? E.tryCatch(
          (): unknown => parse(u),
          () => 'must be YAML',
        )
      : E.right(u),
    E.chain((given) =>
      pipe(
        judgeChoiceCodec.decode(given),
        E.mapLeft((errors) => errors[0]?.message ?? 'must be a judge: KIND[:MODEL][,option=value]'),
      ),
    ),
  )

const judgeText =
  'judge: KIND, KIND:FOLDER, KIND:hub:ORG/NAME or KIND:URL#MODEL, then ,option=value; or {use: MODULE, name: NAME}; may be repeated'

/** Judges in place of those that a suite names. */
export const ownJudgesOption: Option<ReadonlyArray<JudgeChoice>> = withDefault<ReadonlyArray<JudgeChoice>>(
  [],
  many(custom(`${judgeText}; default: the suite’s`, 'JUDGE', chosen)),
)

/** One judge or several: `refusal`, `llama-guard:DIR`, or `{use: ./my-judge.mjs, name: NAME}` for one's own. */
export const judgesOption: Option<ReadonlyArray<JudgeChoice>> = required(
  many(custom(judgeText, 'JUDGE', chosen)),
)

/** A judge, or the id of one whose verdicts the rows carry. */
export interface NamedJudge {
  /** As it was given. */
  readonly text: string
  readonly choice: JudgeChoice
}

/** Judges of rows that may carry verdicts. */
export const namedJudgesOption: Option<ReadonlyArray<NamedJudge>> = required(
  many(
    custom(`${judgeText}; or the id of a judge whose verdicts the rows carry`, 'JUDGE', (u) =>
      pipe(
        chosen(u),
        E.map((choice) => ({ text: typeof u === 'string' ? u : judgeChoiceName(choice), choice })),
      ),
    ),
  ),
)

// opening ----------------------------------------------------------------------------------------

/** Work with judges, opened before it and freed after it. @returns left: a judge that cannot be opened, or that is given twice */
export const withJudges = <A>(
  choices: ReadonlyArray<JudgeChoice>,
  context: Context,
  work: (judges: ReadonlyArray<Judge>) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  pipe(
    choices.length === 0
      ? TE.left<Fault>(badInput('BadOption', 'names no judge', { field: 'judge' }))
      : TE.right(choices),
    TE.chainW(TE.traverseSeqArray(localJudge(hubUseOf(context)))),
    TE.chainFirstW((local) => startJudgeEngine(context, local.map(judgeModel))),
    TE.chain((local) =>
      TE.bracket(
        openedAll(judgeOpener(judgeUseOf(context)), '--judge', local),
        (opened) => {
          const judges = opened.map(({ judge }) => judge)
          return pipe(
            TE.fromEither(distinct('--judge', judges)),
            TE.chain(() => work(judges)),
          )
        },
        (opened) => TE.fromIO(() => opened.forEach(({ dispose }) => dispose())),
      ),
    ),
  )

/** The id of the judge that a text names; nothing is loaded. */
export const judgeIdOf =
  (context: Context) =>
  (text: string): TE.TaskEither<Fault, string> =>
    pipe(
      TE.fromEither(
        pipe(
          chosen(text),
          E.mapLeft((what): Fault => badInput('BadOption', what)),
        ),
      ),
      TE.chain((choice) => withJudges([choice], context, ([judge]) => TE.right(judge?.id ?? ''))),
    )
