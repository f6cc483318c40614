/** Draft and second model as one `CausalLM` that answers by beams. */
import type { CausalLM, FullDistribution, Judge, NextToken } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Answer, type ChoiceSettings, answerBatch } from './answer'
import { mixedModel } from './mixedModel'
import type { Mixer } from './mixedSession'
import type { Reader } from './reading'

/** How the answers are made and chosen. */
export interface AnsweringOptions {
  /** The name of the whole, for stamps. */
  readonly id: string
  readonly judge: Judge | undefined
  readonly settings: ChoiceSettings & {
    /** Prompts answered at once. */
    readonly batchSize: number
  }
  /** Called with the answers of each batch. */
  readonly onAnswers?: ((answers: ReadonlyArray<Answer>) => void) | undefined
  /** Called by `dispose`, besides the draft's own. */
  readonly onDispose: (() => void) | undefined
}

/** The draft with `second` beside it; each completion is the beam chosen. Disposing of it disposes of the draft. */
export const answeringModel = <A extends NextToken>(
  draft: CausalLM,
  second: Reader<A>,
  mixer: Mixer<FullDistribution, A>,
  { id, judge, settings, onAnswers, onDispose }: AnsweringOptions,
): CausalLM => {
  const answer = answerBatch(second, mixer, judge, settings)(draft)
  return mixedModel(draft, second, mixer, {
    id,
    batchSize: settings.batchSize,
    answer: (requests, generation) =>
      pipe(
        answer(requests, generation),
        TE.tapIO((answers) => () => onAnswers?.(answers)),
        TE.map((answers) => answers.map((a) => a.completion)),
      ),
    ...(onDispose === undefined ? {} : { onDispose }),
  })
}
