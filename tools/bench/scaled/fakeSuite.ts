/** A suite without tensors, of which a plan of any number of cells can be made: nothing is trained, and answers are made up at once. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type Dataset,
  type DefencePlugin,
  type Judge,
  failure,
  judgeVersion,
  pluginVersion,
  stages,
  textExample,
  textPrompt,
} from '@safe/tensor-core/contracts'
import { keepData } from '@safe/tensor-core/pipeline'
import type { BenchPorts } from '../../../packages/eval-redorca/src/plan/ports'
import type { EvaluationItem, EvaluationSet, Suite } from '../../../packages/eval-redorca/src/suite/suite'

// the shape of a plan ----------------------------------------------------------------------------

/** Combinations, seeds and regimes: 1 + combinations x seeds x regimes cells, the model without fine-tuning being the first. */
export interface Shape {
  readonly combinations: number
  readonly seeds: number
  readonly regimes: number
}

const greatestDivisor = (n: number, most: number): number => {
  for (let divisor = Math.min(n, most); divisor > 1; divisor -= 1) if (n % divisor === 0) return divisor
  return 1
}

/**
 * The shape of a plan of exactly so many cells, with at most so many combinations and seeds. With one of each, every cell is a fine-tune
 * of its own, and nothing is compared: the bootstraps of comparisons take longer than all else together.
 *
 * @param cells at least 2
 */
export const shapeOf = (cells: number, most: Pick<Shape, 'combinations' | 'seeds'>): Shape => {
  const combinations = greatestDivisor(cells - 1, Math.min(most.combinations, 2 ** stages.length))
  const seeds = greatestDivisor((cells - 1) / combinations, most.seeds)
  return { combinations, seeds, regimes: (cells - 1) / combinations / seeds }
}

/** The configuration of that plan. */
export const configOf = ({ combinations, seeds, regimes }: Shape): Readonly<Record<string, unknown>> => ({
  regimes: Array.from({ length: regimes }, (_, i) => `regime-${i}`),
  seeds: Array.from({ length: seeds }, (_, i) => i),
  stages: Object.fromEntries(
    stages.map((stage) => [stage, [{ use: 'fake-methods', name: `fake-${stage}` }]]),
  ),
  combinations: Array.from({ length: combinations }, (_, bits) =>
    Object.fromEntries(stages.flatMap((stage, i) => ((bits >> i) & 1 ? [[stage, `fake-${stage}`]] : []))),
  ),
})

// the suite --------------------------------------------------------------------------------------

const rows = (name: string): Dataset => ({ name, examples: [textExample(name, 'ask', name)] })

const items = (set: EvaluationSet, count: number): ReadonlyArray<EvaluationItem> =>
  Array.from({ length: count }, (_, i) => ({
    id: `${set}-${i}`,
    ...{ set, split: 'test' as const, cluster: `${set}-${i}`, prompt: textPrompt(`${set} ${i}`), fields: {} },
    ...(set === 'task' ? { reference: `answer ${i}` } : {}),
  }))

const judge: Judge = {
  specificationVersion: judgeVersion,
  id: 'fake@1',
  axes: ['refused'],
  judge: () => TE.left(failure('JudgeFailed', 'is not asked')),
}

const suite: Suite = {
  name: 'scale',
  models: { base: undefined, aligned: 'aligned', anchor: undefined },
  templates: { base: 'none', aligned: 'none', anchor: 'none' },
  trainingData: (regime) => E.right(rows(regime)),
  isHarmful: () => false,
  ...{ safe: undefined, references: undefined },
  evaluation: [...items('harmful', 2), ...items('lookalike', 1), ...items('task', 2)],
  judges: [judge],
  beamJudge: judge,
  match: 'text',
  maxNewTokens: 8,
}

const plugins: ReadonlyArray<DefencePlugin> = stages.map((stage) => ({
  specificationVersion: pluginVersion,
  name: `fake-${stage}`,
  ...{ stage, summary: 'does nothing', needs: [] },
  complete: (options) => E.right(options),
  create: () => TE.left(failure('MethodFailed', 'is not run')),
}))

// ports ------------------------------------------------------------------------------------------

const notRun = (): TE.TaskEither<ReturnType<typeof failure>, never> =>
  TE.left(failure('NotRun', 'nothing is run here'))

/** What planning asks of the runner's ports; the rest fails. */
export const ports: BenchPorts = {
  engine: () => TE.right({ engine: 'fake', device: 'none', versions: {} }),
  suite: () => TE.right(suite),
  judge: notRun,
  loadModule: () => E.right({ exports: { plugins }, version: '1.0.0' }),
  fingerprint: (folder) => TE.right(`print of ${folder}`),
  checkpoint: (folder) => TE.right(`weights of ${folder}`),
  weightBytes: () => TE.right(1000),
  fineTuningBytes: () => TE.right(1000),
  ...{ load: notRun, train: notRun, gradients: notRun, activationNorms: notRun, weights: notRun },
  adapter: notRun,
  keep: {
    data: keepData,
    adapter: { read: notRun, write: notRun },
  },
}
