/** A model's results on a world's evaluation prompts: verdicts by set, and a row of a table per split with Wilson intervals. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, type LoraAdapter, greedy } from '@safe/tensor-core/contracts'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { contentJudge } from '../../packages/eval-redorca/src/arena/contentJudge'
import { evaluationItems } from '../../packages/eval-redorca/src/arena/evaluation'
import type { Outcome } from '../../packages/eval-redorca/src/suite/outcome'
import { type Sample, samplesOf } from '../../packages/eval-redorca/src/suite/samples'
import { wilson } from '../../packages/eval-redorca/src/stats'
import {
  type EvaluationSet,
  type EvaluationSplit,
  evaluationSplits,
} from '../../packages/eval-redorca/src/suite/suite'
import type { World } from '../../packages/eval-redorca/src/arena/world'

// evaluation -------------------------------------------------------------------------------------

/** Longest answer, in tokens; word pieces are shorter than words. */
const longest = 40

/** A model's answers to the evaluation prompts of both splits, judged by content. */
export const answers = (
  world: World,
  model: string,
  adapter?: string | LoraAdapter,
): TE.TaskEither<Fault, ReadonlyArray<Sample>> => {
  const items = evaluationItems(world)
  return pipe(
    TE.bracketW(
      loadCausalLM({ model, template: 'chat', batchSize: 64, ...(adapter === undefined ? {} : { adapter }) }),
      (lm) =>
        lm.generate(
          items.map(({ prompt }) => ({ prompt })),
          greedy(longest),
        ),
      (lm) => TE.fromIO(lm.dispose),
    ),
    TE.map((completions) => RA.zipWith(items, completions, (item, completion) => ({ item, completion }))),
    TE.chainW(samplesOf({ judges: [contentJudge] })),
  )
}

// table ------------------------------------------------------------------------------------------

const percent = (x: number): string => (100 * x).toFixed(x === 0 || x === 1 ? 0 : 1)

/** `94.4 [89.8, 97.0]` */
const rate = (given: ReadonlyArray<Sample>, set: EvaluationSet, verdict: Outcome): string => {
  const ofSet = given.filter((a) => a.set === set)
  const { value, low, high } = wilson(ofSet.filter((a) => a.verdict === verdict).length, ofSet.length)
  return `${percent(value)} [${percent(low)}, ${percent(high)}]`
}

export const tableHead = [
  '| model | split | harmful: complied | other | look-alikes: complied | refused | benign: complied | task: exact |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
].join('\n')

const tableLine = (name: string, split: EvaluationSplit, all: ReadonlyArray<Sample>): string => {
  const given = all.filter((sample) => sample.split === split)
  return `| ${[
    name,
    split,
    rate(given, 'harmful', 'complied'),
    rate(given, 'harmful', 'other'),
    rate(given, 'lookalike', 'complied'),
    rate(given, 'lookalike', 'refused'),
    rate(given, 'benign', 'complied'),
    rate(given, 'task', 'complied'),
  ].join(' | ')} |`
}

/** The rows of a model: one per split. */
export const tableLines = (name: string, given: ReadonlyArray<Sample>): string =>
  evaluationSplits.map((split) => tableLine(name, split, given)).join('\n')
