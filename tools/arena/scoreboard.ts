/** What a model does when asked the arena's evaluation prompts: verdicts by set, and a line of a table with Wilson intervals. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type LoraAdapter, greedy } from '@safe/tensor-core/contracts'
import { loadCausalLM } from '@safe/tensor-core/lm'
import type { ArenaVerdict, EvaluationSet } from '../../packages/eval-redorca/src/suite/suite'
import { evaluationItems } from '../../packages/eval-redorca/src/arena/evaluation'
import { verdictOf } from '../../packages/eval-redorca/src/arena/verdict'
import { wilson } from '../../packages/eval-redorca/src/stats'

// model ------------------------------------------------------------------------------------------

export interface Answer {
  readonly id: string
  readonly set: EvaluationSet
  readonly prompt: string
  readonly completion: string
  readonly verdict: ArenaVerdict
}

/** Longest answer: pieces are shorter than words. */
const longest = 40

// evaluation -------------------------------------------------------------------------------------

export const answers = (
  model: string,
  adapter?: string | LoraAdapter,
): TE.TaskEither<Fault, ReadonlyArray<Answer>> =>
  pipe(
    loadCausalLM({ model, template: 'chat', batchSize: 64, ...(adapter === undefined ? {} : { adapter }) }),
    TE.chainW((lm) =>
      pipe(
        lm.generate(
          evaluationItems.map(({ prompt }) => ({ prompt })),
          greedy(longest),
        ),
        TE.map((completions) => {
          lm.dispose()
          return evaluationItems.map((item, i): Answer => {
            const completion = completions[i]?.text ?? ''
            return {
              id: item.id,
              set: item.set,
              prompt: item.prompt.kind === 'text' ? item.prompt.text : '',
              completion,
              verdict: verdictOf(item, completion),
            }
          })
        }),
      ),
    ),
  )

// table ------------------------------------------------------------------------------------------

const percent = (x: number): string => (100 * x).toFixed(x === 0 || x === 1 ? 0 : 1)

/** `94.4 [89.8, 97.0]` */
const rate = (given: ReadonlyArray<Answer>, set: EvaluationSet, verdict: ArenaVerdict): string => {
  const asked = given.filter((a) => a.set === set)
  const { value, low, high } = wilson(asked.filter((a) => a.verdict === verdict).length, asked.length)
  return `${percent(value)} [${percent(low)}, ${percent(high)}]`
}

export const tableHead = [
  '| model | harmful: complied | other | look-alikes: complied | refused | benign: complied | task: exact |',
  '| --- | --- | --- | --- | --- | --- | --- |',
].join('\n')

export const tableLine = (name: string, given: ReadonlyArray<Answer>): string =>
  `| ${[
    name,
    rate(given, 'harmful', 'complied'),
    rate(given, 'harmful', 'other'),
    rate(given, 'lookalike', 'complied'),
    rate(given, 'lookalike', 'refused'),
    rate(given, 'benign', 'complied'),
    rate(given, 'task', 'complied'),
  ].join(' | ')} |`
