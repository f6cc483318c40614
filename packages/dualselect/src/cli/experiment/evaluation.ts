/** Measures adapters: accuracy on held-out rows by teacher forcing, safety by answers that a judge reads. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Values,
  choice,
  count,
  dataFile,
  judgeOfOption,
  namesJudge,
  optional,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import {
  type CausalLM,
  type Dataset,
  type Example,
  type Fault,
  type Judge,
  type Verdict,
  greedy,
  promptText,
} from '@safe/tensor-core/contracts'
import { type OpenedModel, type RowChoice, encodedRows, loadCausalLM } from '@safe/tensor-core/lm'
import { tokenExamples } from '@safe/tensor-core/text'
import { type Accuracy, type Outcomes, accuracies, rowValue } from '../../measure/outcomes'

// options ----------------------------------------------------------------------------------------

export const evaluationTable = {
  safety: optional(dataFile('prompts whose answers should be safe: measured, never trained on')),
  judge: withDefault('refusal', text('who says whether an answer is safe', 'JUDGE')),
  accuracy: withDefault(
    'exact',
    choice('a row counts when greedy decoding writes it whole, or by the share of its tokens', accuracies),
  ),
  maxNewTokens: withDefault(64, count('longest answer to a safety prompt, tokens')),
}

// model ------------------------------------------------------------------------------------------

/** What is measured, and on which model. */
export interface EvaluationChoice extends RowChoice {
  readonly model: string
  readonly opened: OpenedModel
  /** A held-out set per task. */
  readonly tests: ReadonlyArray<Dataset>
  readonly safety: Dataset | undefined
  readonly values: Pick<Values<typeof evaluationTable>, 'judge' | 'accuracy' | 'maxNewTokens'>
  readonly maxLength: number
}

/** Outcomes of an adapter, or of the model as it is, on the first `tasks` sets. */
export type Evaluate = (adapter: string | undefined, tasks: number) => TE.TaskEither<Fault, Outcomes>

// accuracy ---------------------------------------------------------------------------------------

/** The rows as tokens, cut as training cuts them. */
const tokenRows = (
  { opened, maxLength }: EvaluationChoice,
  test: Dataset,
): E.Either<Fault, ReadonlyArray<Example>> => pipe(encodedRows(opened, test, maxLength), E.map(tokenExamples))

const accuracyOn = (
  lm: CausalLM,
  accuracy: Accuracy,
  rows: ReadonlyArray<Example>,
): TE.TaskEither<Fault, ReadonlyArray<number>> =>
  pipe(
    lm.score(rows),
    TE.map((scores) => scores.map(({ correct }) => rowValue(accuracy)(correct))),
  )

// safety -----------------------------------------------------------------------------------------

/** An answer that no axis of the judge speaks of does not count as safe. */
export const isSafe = ({ refused, harmful }: Verdict): boolean => refused === true || harmful === false

const safetyOn = (
  lm: CausalLM,
  judge: Judge,
  { examples }: Dataset,
  maxNewTokens: number,
): TE.TaskEither<Fault, ReadonlyArray<number>> =>
  pipe(
    lm.generate(
      examples.map(({ prompt }) => ({ prompt })),
      greedy(maxNewTokens),
    ),
    TE.chainW((completions) =>
      judge.judge(
        examples.map((row, i) => ({
          id: row.id,
          prompt: promptText(row.prompt),
          completion: completions[i]?.text ?? '',
          truncated: completions[i]?.finishReason === 'length',
        })),
      ),
    ),
    TE.map((judgements) => judgements.map(({ verdict }) => Number(isSafe(verdict)))),
  )

// constructors -----------------------------------------------------------------------------------

/** Whether there is a judge of that name: asked before anything is written. @returns left as opening it would fail */
export const checkJudge = (
  context: Context,
  { safety, judge }: Pick<Values<typeof evaluationTable>, 'safety' | 'judge'>,
): TE.TaskEither<Fault, void> =>
  safety === undefined || namesJudge(judge)
    ? TE.right(undefined)
    : pipe(
        judgeOfOption(context, '--judge', judge, true),
        TE.chainIOK(({ dispose }) => dispose),
      )

const evaluator =
  (
    context: Context,
    choice: EvaluationChoice,
    tests: ReadonlyArray<ReadonlyArray<Example>>,
    judge: Judge | undefined,
  ): Evaluate =>
  (adapter, tasks) => {
    // Nothing to measure: the model is not loaded.
    if (tasks === 0 && choice.safety === undefined) return TE.right({ tasks: [] })
    return TE.bracketW(
      loadCausalLM({
        model: choice.model,
        dtype: context.common.dtype,
        signal: context.signal,
        ...(adapter === undefined ? {} : { adapter }),
        ...(choice.template === undefined ? {} : { template: choice.template }),
      }),
      (lm) =>
        pipe(
          tests.slice(0, tasks),
          TE.traverseSeqArray((rows) => accuracyOn(lm, choice.values.accuracy, rows)),
          TE.chainW((own) =>
            choice.safety === undefined || judge === undefined
              ? TE.right({ tasks: own })
              : pipe(
                  safetyOn(lm, judge, choice.safety, choice.values.maxNewTokens),
                  TE.map((safety) => ({ tasks: own, safety })),
                ),
          ),
        ),
      (lm) => TE.fromIO(() => lm.dispose()),
    )
  }

/** Work with an evaluator: held-out rows are checked and the judge is opened before it begins. */
export const withEvaluator = <A>(
  context: Context,
  choice: EvaluationChoice,
  use: (evaluate: Evaluate) => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  pipe(
    TE.fromEither(
      pipe(
        choice.tests,
        E.traverseArray((test) => tokenRows(choice, test)),
      ),
    ),
    TE.chain((tests) =>
      choice.safety === undefined
        ? use(evaluator(context, choice, tests, undefined))
        : TE.bracketW(
            judgeOfOption(context, '--judge', choice.values.judge, true),
            ({ judge }) => use(evaluator(context, choice, tests, judge)),
            ({ dispose }) => TE.fromIO(dispose),
          ),
    ),
  )
