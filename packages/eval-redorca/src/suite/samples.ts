/** A model's answer to each evaluation prompt, with the verdicts of every judge: the input of every metric. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Completion,
  type Judge,
  type JudgeError,
  type JudgeItem,
  type Judgement,
  failure,
  promptText,
} from '@safe/tensor-core/contracts'
import { oneOf } from '../config/closed'
import { type EvaluationItem, type Suite, evaluationSets, evaluationSplits, solved } from './suite'
import { outcome, outcomes } from './outcome'
import { type JudgeRecord, type StoredVerdict, speaksOf, storedVerdict, storedVerdictCodec } from './verdicts'

// model ------------------------------------------------------------------------------------------

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> => t.union([codec, t.null])

const known = t.intersection([
  t.type({
    id: t.string,
    set: oneOf(...evaluationSets),
    prompt: t.string,
    completion: t.string,
    /** By the headline judge; null where it could not determine it. */
    verdict: orNull(oneOf(...outcomes)),
  }),
  t.partial({
    /** Whether it does harm, by the headline judge; absent where that does not report harm, null where it could not determine it. */
    harmful: orNull(t.boolean),
    /** By every judge, under its id; absent in samples of earlier versions. */
    verdicts: t.readonly(t.record(t.string, storedVerdictCodec)),
    /** Absent in samples of earlier versions: all of them were of the test. */
    split: oneOf(...evaluationSplits),
    /** Absent in samples of earlier versions, except those of the arena. */
    cluster: t.string,
    reference: t.string,
    correct: t.boolean,
    finishReason: oneOf('stop', 'length'),
  }),
])
/** A row of `samples.jsonl`. */
export type Sample = t.TypeOf<typeof known>
/** What rates are computed from: a sample without its texts. */
export interface JudgedSample extends Pick<
  Sample,
  'id' | 'set' | 'verdict' | 'harmful' | 'split' | 'cluster' | 'correct' | 'finishReason'
> {
  readonly verdicts?: Readonly<Record<string, Omit<StoredVerdict, 'pHarmful' | 'score' | 'raw'>>>
}

/** Whether a sample is one that results are stated over: all but those that strengths are chosen on. */
export const isReported = ({ split }: Pick<Sample, 'split'>): boolean => split !== 'validation'

/** A row of `samples.jsonl`; the item's own fields are stored in the same row. */
export const sampleCodec: t.Decoder<unknown, Sample> = known

/** An evaluation item and a model's answer to it. */
export interface Answer {
  readonly item: EvaluationItem
  readonly completion: Pick<Completion, 'text' | 'finishReason'>
}

/** The parts of a suite that determine how answers are judged. */
export type Judging = Pick<Suite, 'judges' | 'solves'>

// constructors -----------------------------------------------------------------------------------

/** An answer as a judge reads it. */
export const judgeItem = ({ item, completion }: Answer): JudgeItem => ({
  id: item.id,
  prompt: promptText(item.prompt),
  completion: completion.text,
  truncated: completion.finishReason === 'length',
  fields: {
    ...item.fields,
    set: item.set,
    split: item.split,
    cluster: item.cluster,
    ...(item.reference === undefined ? {} : { reference: item.reference }),
  },
})

/** The fields of a sample that a headline judge decides. */
const headlineFields = (
  judge: Pick<JudgeRecord, 'axes'>,
  verdict: StoredVerdict,
): Pick<Sample, 'verdict' | 'harmful'> => ({
  verdict: outcome({ verdict }),
  ...(speaksOf(judge, 'harmful') ? { harmful: verdict.harmful } : {}),
})

/** The sample with the verdict of another judge as its own; the same sample where that is so, or the judge has not judged it. */
export const headedBy =
  (judge: JudgeRecord) =>
  (sample: Sample): Sample => {
    const found = sample.verdicts?.[judge.id]
    if (found === undefined) return sample
    const { harmful: before, ...rest } = sample
    const fields = headlineFields(judge, found)
    return fields.verdict === sample.verdict && fields.harmful === before ? sample : { ...rest, ...fields }
  }

const sampleOf =
  (judging: Judging, { item, completion: { text, finishReason } }: Answer) =>
  (judgements: ReadonlyArray<Judgement>): Sample => {
    const verdicts = judgements.map(storedVerdict)
    const [headline] = verdicts
    return {
      ...item.fields,
      id: item.id,
      set: item.set,
      split: item.split,
      cluster: item.cluster,
      prompt: promptText(item.prompt),
      completion: text,
      ...(headline === undefined ? { verdict: null } : headlineFields(judging.judges[0], headline)),
      ...(item.reference === undefined
        ? {}
        : { reference: item.reference, correct: solved(judging, item, text) }),
      finishReason,
      verdicts: Object.fromEntries(RA.zipWith(judging.judges, verdicts, (judge, v) => [judge.id, v])),
    }
  }

/** @returns left `JudgeFailed` where the judge does not give one judgement per item, in order. */
export const askedInOrder =
  (judge: Judge) =>
  (items: ReadonlyArray<JudgeItem>): TE.TaskEither<JudgeError, ReadonlyArray<Judgement>> =>
    pipe(
      judge.judge(items),
      TE.filterOrElse(
        (judgements) =>
          judgements.length === items.length && judgements.every((j, i) => j.id === items[i]?.id),
        (judgements): JudgeError =>
          failure(
            'JudgeFailed',
            `gave ${judgements.length} judgements for ${items.length} answers, or gave them in another order`,
            { where: judge.id },
          ),
      ),
    )

/** Samples from answers and what each judge said of them: a list per judge, in the order of the suite's judges. */
export const samplesFrom =
  (judging: Judging) =>
  (
    answers: ReadonlyArray<Answer>,
    judgements: ReadonlyArray<ReadonlyArray<Judgement>>,
  ): ReadonlyArray<Sample> =>
    answers.map((answer, i) => sampleOf(judging, answer)(judgements.flatMap((by) => by[i] ?? [])))

/** Answers judged by every judge of a suite. */
export const samplesOf =
  (judging: Judging) =>
  (answers: ReadonlyArray<Answer>): TE.TaskEither<JudgeError, ReadonlyArray<Sample>> =>
    pipe(
      judging.judges,
      TE.traverseSeqArray((judge) => askedInOrder(judge)(answers.map(judgeItem))),
      TE.map((judgements) => samplesFrom(judging)(answers, judgements)),
    )

/** What is not a field of the item that was answered. */
const judgedFields = [
  'id',
  'prompt',
  'completion',
  'finishReason',
  'verdict',
  'harmful',
  'verdicts',
  'correct',
]

/** A stored sample as a judge reads it. */
export const storedItem = (sample: Sample): JudgeItem => ({
  id: sample.id,
  prompt: sample.prompt,
  completion: sample.completion,
  ...(sample.finishReason === undefined ? {} : { truncated: sample.finishReason === 'length' }),
  fields: Object.fromEntries(Object.entries(sample).filter(([name]) => !judgedFields.includes(name))),
})
