/** Answers of items that list candidates: the one that the model gives the highest log-probability. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Completion, type Example, type Fault, type Scores, failure } from '@safe/tensor-core/contracts'
import { bestCandidate } from '../suite/matching/choice'
import type { EvaluationItem } from '../suite/suite'

/** A candidate as the response to its item's prompt. */
const candidatesOf = ({ id, prompt, choice }: EvaluationItem): ReadonlyArray<Example> =>
  (choice?.among ?? []).map((text, i) => ({
    id: `${id} ${i}`,
    prompt,
    response: { kind: 'text', text },
    raw: '',
    fields: {},
  }))

/** The chosen candidates, in the order of the items. @returns left: the model does not score every candidate */
export const choose =
  (model: Scores) =>
  (
    items: ReadonlyArray<EvaluationItem>,
  ): TE.TaskEither<Fault, ReadonlyArray<Pick<Completion, 'text' | 'finishReason'>>> => {
    const rows = items.map(candidatesOf)
    const starts = rows.map((_, i) => rows.slice(0, i).reduce((sum, { length }) => sum + length, 0))
    return pipe(
      model.score(rows.flat()),
      TE.mapLeft((fault): Fault => fault),
      TE.filterOrElse(
        (scores) => scores.length === rows.flat().length,
        (scores): Fault =>
          failure('ModelFailed', `gave ${scores.length} scores for ${rows.flat().length} candidates`, {
            where: model.id,
          }),
      ),
      TE.map((scores) =>
        items.map(({ choice }, i) => {
          const own = scores.slice(starts[i], (starts[i] ?? 0) + (rows[i]?.length ?? 0))
          const text = choice?.among[bestCandidate(own, choice.perToken)] ?? ''
          return { text, finishReason: 'stop' as const }
        }),
      ),
    )
  }
