/** The rows on real models: text in, text or scores out, whole processes with start and loading. */
import { closeLogProbs, sameTokens, tokensBeginAlike } from '../agreement'
import type { RealModel } from '../realModels'
import type { Dtype } from '../request'
import type { Quantity, Row } from '../row'
import { median } from '../statistics'
import type { WholeProcess } from './wholeProcess'

const quantities = (target: Quantity['target']): ReadonlyArray<Quantity> => [
  {
    what: 'whole process',
    against: 'transformers',
    unit: 's',
    ours: (of) => median(of('ours').seconds),
    theirs: (of) => median(of('theirs').seconds),
    ...(target === undefined ? {} : { target }),
  },
  {
    what: 'whole process, processor time',
    against: 'transformers',
    unit: 's',
    ours: (of) => median(of('ours').cpuSeconds ?? []),
    theirs: (of) => median(of('theirs').cpuSeconds ?? []),
  },
  {
    what: 'peak memory of the process',
    against: 'transformers',
    unit: 'GB',
    ours: (of) => of('ours').peakBytes / 1e9,
    theirs: (of) => of('theirs').peakBytes / 1e9,
  },
]

const row = (
  name: string,
  whole: WholeProcess,
  dtype: Dtype,
  target: Quantity['target'],
  what: string,
): Row => ({
  name: `${name}${dtype === 'float32' ? '' : '-bfloat16'}`,
  what: `${what}, ${whole.model}, ${dtype}`,
  dtype,
  whole,
  processes: [
    { name: 'ours', side: 'ours', task: whole.command },
    { name: 'theirs', side: 'reference', task: whole.command },
  ],
  quantities: quantities(target),
  agreement: (of) => {
    const check =
      whole.command === 'score'
        ? closeLogProbs(dtype === 'float32' ? { largest: 1e-3 } : { mean: 0.1 })
        : dtype === 'float32'
          ? sameTokens
          : tokensBeginAlike
    return check(of('ours'), of('theirs'))
  },
})

const models = ['smollm2', 'gemma270'] as const
const dtypes: ReadonlyArray<Dtype> = ['float32', 'bfloat16']

const generate = (model: RealModel, dtype: Dtype): Row =>
  row(
    `generate-${model}`,
    { command: 'generate', model, rows: 16, batch: 16, newTokens: 48 },
    dtype,
    { atMost: 0.9 },
    '16 prompts of unequal length, 48 new tokens each, greedy',
  )

const score = (model: RealModel, dtype: Dtype): Row =>
  row(
    `score-${model}`,
    { command: 'score', model, rows: 42, batch: 16, newTokens: 0 },
    dtype,
    { atMost: dtype === 'float32' ? 0.8 : 0.9 },
    'log-probabilities of 42 texts',
  )

const start = (model: RealModel): Row =>
  row(
    `start-${model}`,
    { command: 'generate', model, rows: 1, batch: 1, newTokens: 1 },
    'float32',
    undefined,
    'start, loading and one token',
  )

export const realRows: ReadonlyArray<Row> = models.flatMap((model) => [
  start(model),
  ...dtypes.flatMap((dtype) => [generate(model, dtype), score(model, dtype)]),
])
