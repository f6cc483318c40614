/**
 * Guard as a defence of the decoding stage: the model answers, a judge reads prompt and answer, and what it calls harmful is replaced
 * by a fixed refusal. The usual guard of a deployed model (Llama Guard, arXiv 2312.06674). An answer is complete before it is judged,
 * so nothing of a harmful one is returned, and any other is exactly the model's own.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DecodingDefence,
  type Fault,
  type InputError,
  type Judge,
  type RecordDiagnostics,
  decodingDefence,
} from '@safe/tensor-core/contracts'
import { judgeOfHarm } from '@safe/tensor-core/judges'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import { guardedModel } from './guardedModel'
import { type GuardOptions, guardOptions, guarding } from './options'

/** What the guard works with. */
export interface GuardResources {
  /** Reads every answer; it must report harm. */
  readonly judge: Judge
  /** Takes how many answers were harmful, unparsed and replaced, over all answers so far. */
  readonly record?: RecordDiagnostics | undefined
}

/**
 * Replaces harmful answers by a refusal.
 *
 * @param options what is left out has its default
 * @returns a defence whose `apply` ends in `BadOption`: an option (with its field), or a judge that does not report harm
 */
export const guard = (
  options: Partial<GuardOptions>,
  { judge, record }: GuardResources,
): DecodingDefence<InputError | Fault<'BadOption'>> =>
  decodingDefence<InputError | Fault<'BadOption'>>({
    name: 'guard',
    parameters: { ...parametersOf(guardOptions, completed(guardOptions, options)), judge: judge.id },
    apply: (model) =>
      pipe(
        TE.fromEither(checked(guardOptions, options)),
        TE.chainFirstEitherKW(() => judgeOfHarm(judge, guarding)),
        TE.map((settings) =>
          guardedModel(model, {
            ...settings,
            judge,
            record: record && ((tally) => record({ ...tally })),
          }),
        ),
      ),
  })
