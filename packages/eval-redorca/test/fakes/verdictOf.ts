/** The arena's label of one answer. */
import * as E from 'fp-ts/Either'
import { contentJudge } from '../../src/arena/contentJudge'
import type { Outcome } from '../../src/suite/outcome'
import { samplesOf } from '../../src/suite/samples'
import type { EvaluationItem } from '../../src/suite/suite'

export const verdictOf = async (item: EvaluationItem, text: string): Promise<Outcome | null> => {
  const samples = await samplesOf({ judges: [contentJudge] })([
    { item, completion: { text, finishReason: 'stop' } },
  ])()
  if (E.isLeft(samples)) throw new Error(samples.left.message)
  return samples.right[0]?.verdict ?? null
}
