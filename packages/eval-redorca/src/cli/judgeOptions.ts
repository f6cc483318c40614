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
  many,
  required,
  startEngine,
} from '@safe/tensor-core/cli'
import { type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import type { JudgeUse } from '@safe/tensor-core/judges'
import { type JudgeChoice, judgeChoiceCodec, judgeModel } from '../config/judgeChoice'
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

/** One judge or several: `refusal`, `llama-guard:DIR`, or `{use: ./my-judge.mjs, name: NAME}` for one's own. */
export const judgesOption: Option<ReadonlyArray<JudgeChoice>> = required(
  many(
    custom(
      'judge: KIND, KIND:FOLDER, KIND:hub:ORG/NAME or KIND:URL#MODEL, then ,option=value; or {use: MODULE, name: NAME}; may be repeated',
      'JUDGE',
      chosen,
    ),
  ),
)

// opening ----------------------------------------------------------------------------------------

/** How the judges of a command are run. */
export const judgeUseOf = (context: Context): JudgeUse => ({
  ...hubUseOf(context),
  dtype: context.common.dtype,
  onWarning: context.warn,
})

/** Starts the engine where a judge asks a model in this process. */
const withEngine = (choices: ReadonlyArray<JudgeChoice>, context: Context): TE.TaskEither<Fault, void> =>
  choices.some((choice) => judgeModel(choice) !== undefined)
    ? pipe(
        startEngine(context),
        TE.map(() => undefined),
      )
    : TE.right(undefined)

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
    TE.chainFirstW((local) => withEngine(local, context)),
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
