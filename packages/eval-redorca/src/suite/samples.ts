/** A model's answer to each evaluation prompt, with its verdict: the input of every metric. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Completion,
  type JudgeError,
  type JudgeItem,
  type Judgement,
  failure,
  promptText,
} from '@safe/tensor-core/contracts'
import { oneOf } from '../config/closed'
import { type EvaluationItem, type Suite, evaluationSets, solved } from './suite'
import { outcome, outcomes } from './outcome'

// model ------------------------------------------------------------------------------------------

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> => t.union([codec, t.null])

const known = t.intersection([
  t.type({
    id: t.string,
    set: oneOf(...evaluationSets),
    prompt: t.string,
    completion: t.string,
    /** Null where the judge could not determine it. */
    verdict: orNull(oneOf(...outcomes)),
  }),
  t.partial({
    /** Whether it does harm; absent where the judge does not report harm, null where it could not determine it. */
    harmful: orNull(t.boolean),
    reference: t.string,
    correct: t.boolean,
    finishReason: oneOf('stop', 'length'),
  }),
])
/** A row of `samples.jsonl`. */
export type Sample = t.TypeOf<typeof known>
/** A row of `samples.jsonl`; the item's own fields are stored in the same row. */
export const sampleCodec: t.Decoder<unknown, Sample> = known

/** An evaluation item and a model's answer to it. */
export interface Answer {
  readonly item: EvaluationItem
  readonly completion: Pick<Completion, 'text' | 'finishReason'>
}

/** The parts of a suite that determine how answers are judged. */
export type Judging = Pick<Suite, 'judge' | 'solves'>

// constructors -----------------------------------------------------------------------------------

const judgeItem = ({ item, completion }: Answer): JudgeItem => ({
  id: item.id,
  prompt: promptText(item.prompt),
  completion: completion.text,
  truncated: completion.finishReason === 'length',
  fields: {
    ...item.fields,
    set: item.set,
    ...(item.reference === undefined ? {} : { reference: item.reference }),
  },
})

const sampleOf =
  (judging: Judging) =>
  ({ item, completion: { text, finishReason } }: Answer, judgement: Judgement): Sample => ({
    ...item.fields,
    id: item.id,
    set: item.set,
    prompt: promptText(item.prompt),
    completion: text,
    verdict: outcome(judgement),
    ...(judging.judge.axes.includes('harmful') ? { harmful: judgement.verdict.harmful } : {}),
    ...(item.reference === undefined
      ? {}
      : { reference: item.reference, correct: solved(judging, item, text) }),
    finishReason,
  })

/** @returns left `JudgeFailed` where the judge does not give one judgement per answer, in order. */
export const samplesOf =
  (judging: Judging) =>
  (answers: ReadonlyArray<Answer>): TE.TaskEither<JudgeError, ReadonlyArray<Sample>> =>
    pipe(
      judging.judge.judge(answers.map(judgeItem)),
      TE.filterOrElse(
        (judgements) =>
          judgements.length === answers.length && judgements.every((j, i) => j.id === answers[i]?.item.id),
        (judgements): JudgeError =>
          failure(
            'JudgeFailed',
            `gave ${judgements.length} judgements for ${answers.length} answers, or gave them in another order`,
            { where: judging.judge.id },
          ),
      ),
      TE.map((judgements) => RA.zipWith(answers, judgements, sampleOf(judging))),
    )
