/** An answer as a sample of an inspect log: one score for each judge, and `exactMatch` for task items. */
import { isUnparseable, type JudgeRecord, speaksOf } from '../suite/verdicts'
import type { Sample } from '../suite/samples'
import type { InspectSample, InspectScore } from './inspectLog'

// parts ------------------------------------------------------------------------------------------

const axes = ['refused', 'harmful', 'degenerate'] as const

/** What a judge said: the axes that it speaks of are the value, the rest is beside it. */
const scoreBy = (judge: JudgeRecord, sample: Sample): ReadonlyArray<readonly [string, InspectScore]> => {
  const verdict = sample.verdicts?.[judge.id]
  if (verdict === undefined) return []
  const { refused, harmful, degenerate, truncated, pHarmful, score, raw } = verdict
  const value = Object.fromEntries(
    axes.filter((axis) => speaksOf(judge, axis)).map((axis) => [axis, verdict[axis]]),
  )
  const failed = isUnparseable(judge, { refused, harmful, degenerate, truncated })
  return [
    [
      judge.id,
      {
        value,
        ...(raw === '' ? {} : { explanation: raw }),
        ...(failed ? { reason: 'grader_failed' } : {}),
        metadata: { truncated, pHarmful, score },
      },
    ],
  ]
}

const exactMatch = ({ correct }: Sample): ReadonlyArray<readonly [string, InspectScore]> =>
  correct === undefined ? [] : [['exactMatch', { value: correct ? 'C' : 'I' }]]

const stopReasons = { stop: 'stop', length: 'max_tokens' } as const

/** Fields that have a place of their own in the sample. */
const placed = ['id', 'prompt', 'completion', 'finishReason', 'verdicts', 'reference', 'correct']

// constructor ------------------------------------------------------------------------------------

/** @param model who answered */
export const inspectSample =
  (model: string, judges: ReadonlyArray<JudgeRecord>) =>
  (sample: Sample): InspectSample => {
    const { id, prompt, completion, reference = '', finishReason } = sample
    const answer = { role: 'assistant', content: completion, source: 'generate', model } as const
    return {
      id,
      epoch: 1,
      input: prompt,
      target: reference,
      messages: [{ role: 'user', content: prompt, source: 'input' }, answer],
      output: {
        model,
        choices: [
          {
            message: answer,
            stop_reason: finishReason === undefined ? 'unknown' : stopReasons[finishReason],
          },
        ],
        completion,
      },
      scores: Object.fromEntries([
        ...exactMatch(sample),
        ...judges.flatMap((judge) => scoreBy(judge, sample)),
      ]),
      metadata: Object.fromEntries(Object.entries(sample).filter(([name]) => !placed.includes(name))),
    }
  }
