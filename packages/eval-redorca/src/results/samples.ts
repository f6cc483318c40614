/** What a model said to each evaluation prompt, and what that was: the raw material of every metric. */
import * as t from 'io-ts'
import { type Completion, promptText } from '@safe/tensor-core/contracts'
import { type EvaluationItem, type Suite, evaluationSets, solved } from '../suite/suite'
import { oneOf } from '../config/closed'

// model ------------------------------------------------------------------------------------------

const known = t.intersection([
  t.type({
    id: t.string,
    set: oneOf(...evaluationSets),
    prompt: t.string,
    completion: t.string,
    verdict: oneOf('complied', 'refused', 'other'),
  }),
  t.partial({ reference: t.string, correct: t.boolean, finishReason: oneOf('stop', 'length') }),
])
/** A row of `samples.jsonl`. */
export type Sample = t.TypeOf<typeof known>
/** A row of `samples.jsonl`; the item's own fields stand beside these. */
export const sampleCodec: t.Decoder<unknown, Sample> = known

// constructors -----------------------------------------------------------------------------------

export const sampleOf =
  (suite: Suite) =>
  (item: EvaluationItem, { text, finishReason }: Completion): Sample => ({
    ...item.fields,
    id: item.id,
    set: item.set,
    prompt: promptText(item.prompt),
    completion: text,
    verdict: suite.verdict(item, text),
    ...(item.reference === undefined
      ? {}
      : { reference: item.reference, correct: solved(suite, item, text) }),
    finishReason,
  })
