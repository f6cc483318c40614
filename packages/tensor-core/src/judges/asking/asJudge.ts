/** An asker of a kind as a judge of completions, or of pairs. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Judge,
  type JudgeAxis,
  type JudgeItem,
  type JudgePair,
  type PairwiseJudge,
  type Preference,
  judgeVersion,
} from '../../contracts'
import { type Findings, judgementOf } from './findings'
import type { Asker } from './asker'
import type { Judged } from './question'

/** What a pairwise question finds out. */
export interface Preferred {
  readonly preference: Preference | null
  readonly pA: number | null
}

/** Texts of no length, under the names that questions about a completion have. */
export const noCompletion: Judged = { prompt: '', completion: '' }
/** Texts of no length, under the names that questions about a pair have. */
export const noPair: Judged = { prompt: '', a: '', b: '' }

/** The texts of an item; `fields.context` is what a request refers to (HarmBench's contextual behaviours). */
export const judgedItem = ({ prompt, completion, fields }: JudgeItem): Judged => {
  const context = fields?.['context']
  return { prompt, completion, ...(typeof context === 'string' && context !== '' ? { context } : {}) }
}

/** A judge of completions. */
export const completionJudge = (asker: Asker<Findings>, axes: ReadonlyArray<JudgeAxis>): Judge => ({
  specificationVersion: judgeVersion,
  id: asker.id,
  axes,
  checkpoint: asker.checkpoint,
  judge: (items) =>
    items.length === 0
      ? TE.right([])
      : pipe(
          asker.ask(items.map(judgedItem)),
          TE.map((answers) =>
            items.map((item, i) => {
              const { answer, raw, cut } = answers[i] ?? {
                answer: { refused: null, harmful: null, pHarmful: null, score: null },
                raw: '',
                cut: false,
              }
              return judgementOf(item, answer, raw, cut)
            }),
          ),
        ),
})

/** A judge of pairs. */
export const pairJudge = (asker: Asker<Preferred>): PairwiseJudge => ({
  specificationVersion: judgeVersion,
  id: asker.id,
  checkpoint: asker.checkpoint,
  compare: (pairs: ReadonlyArray<JudgePair>) =>
    pairs.length === 0
      ? TE.right([])
      : pipe(
          asker.ask(pairs.map(({ prompt, a, b }) => ({ prompt, a, b }))),
          TE.map((answers) =>
            pairs.map(({ id }, i) => ({
              id,
              preference: answers[i]?.answer.preference ?? null,
              pA: answers[i]?.answer.pA ?? null,
              raw: answers[i]?.raw ?? '',
            })),
          ),
        ),
})
