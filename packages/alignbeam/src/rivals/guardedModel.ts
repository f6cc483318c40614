/** A model whose answers a judge reads before they are returned. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  CausalLM,
  Completion,
  Judge,
  JudgeError,
  JudgeItem,
  Judgement,
  Prompt,
} from '@safe/tensor-core/contracts'
import { harmFinding } from '@safe/tensor-core/judges'
import { joined } from '../mixing/completing'
import { type Completing, completedBy } from '../mixing/completingSession'
import { cannedAnswer, judgeItem, promptWords } from '../mixing/judging'
import { type GuardSettings, type GuardTally, addVerdicts, isReplaced, noGuarding } from './guardVerdict'

// model ------------------------------------------------------------------------------------------

/** What a guarded model works with, beside the model. */
export interface GuardingOptions extends GuardSettings {
  readonly judge: Judge
  /** Takes the counts over all answers so far. */
  readonly record?: ((tally: GuardTally) => void) | undefined
}

// constructors -----------------------------------------------------------------------------------

/**
 * The model behind its guard. Steps and scores stay the model's; a session's `complete` is guarded too: where the whole completion is
 * harmful, the refusal takes the place of what `complete` adds.
 */
export const guardedModel = (model: CausalLM, options: GuardingOptions): CausalLM => {
  const { judge, refusal, threshold, unparsed, record } = options
  const state = { sum: noGuarding }
  const replacing = (
    items: ReadonlyArray<JudgeItem>,
    completions: ReadonlyArray<Completion>,
  ): TE.TaskEither<JudgeError, ReadonlyArray<Completion>> =>
    pipe(
      items.length === 0 ? TE.right<JudgeError, ReadonlyArray<Judgement>>([]) : judge.judge(items),
      TE.map((judgements) => {
        const byId = new Map(judgements.map((j) => [j.id, j]))
        const verdicts = items.map(({ id }) => harmFinding(byId.get(id), threshold))
        state.sum = addVerdicts(state.sum, verdicts, unparsed)
        record?.(state.sum)
        return completions.map((completion, i) =>
          isReplaced(verdicts[i] ?? 'unparsed', unparsed) ? cannedAnswer(model, refusal) : completion,
        )
      }),
    )
  const read = (i: number, prompt: Prompt | undefined, completion: Completion): JudgeItem =>
    judgeItem(String(i), prompt === undefined ? '' : promptWords(model, prompt), completion)
  const completing: Completing = (session, prompts) => (generation, rows) =>
    pipe(
      session.complete(generation, rows),
      TE.chainW((rests) =>
        replacing(
          rests.map((rest, i) => {
            const tokens = (session.tokens[i] ?? []).slice(session.promptLengths[i] ?? 0)
            const before = { tokens, steps: [] }
            return read(
              i,
              prompts[i],
              joined(model.tokenizer, { stop: generation.stop }, before, rest, 'length'),
            )
          }),
          rests,
        ),
      ),
    )
  return {
    ...model,
    id: `guard(${model.id}, ${judge.id})`,
    open: (prompts) =>
      pipe(
        model.open(prompts),
        TE.map((session) => completedBy(completing, session, prompts)),
      ),
    generate: (requests, generation) =>
      pipe(
        model.generate(requests, generation),
        TE.chainW((completions) =>
          replacing(
            completions.map((completion, i) => read(i, requests[i]?.prompt, completion)),
            completions,
          ),
        ),
      ),
  }
}
