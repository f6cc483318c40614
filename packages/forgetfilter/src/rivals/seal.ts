/**
 * SEAL, "Safety-enhanced Aligned LLM Fine-tuning via Bilevel Data Selection" (arXiv 2410.07471): a selector, one number s_i per row, is
 * trained beside an adapter theta; the rows with the largest numbers are kept.
 *
 *   q = n softmax(s),   w = 1 - decay epoch                                                    s_i = 0.1 at the start, epochs from 0
 *   theta steps down  w mean(L_safe) + (1 - w) mean(q_i L_i)                                   q held fixed
 *   s     steps down  mean(q_i L_i)                                                            L held fixed, by Adam at `selectorLr`
 *
 * over batches of task rows with as many safe rows each, L the mean loss of a row's response tokens. Both steps use the losses of one pass.
 * A row that is fitted by a model that learns the safe rows rises; one whose loss that model raises falls. The adapter is thrown away.
 */
import * as E from 'fp-ts/Either'
import { newIORef } from 'fp-ts/IORef'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Dataset,
  type Example,
  type Fault,
  type Fidelity,
  type InputError,
  type RecordDiagnostics,
  type Resources,
  badInput,
  dataDefence,
} from '@safe/tensor-core/contracts'
import { highestRows } from '@safe/tensor-core/lm'
import {
  type Values,
  atLeastZero,
  checked,
  completed,
  count,
  definePlugin,
  number,
  parametersOf,
  positive,
  withDefault,
} from '@safe/tensor-core/options'
import { stream } from '@safe/tensor-core/random'
import { dropDiagnostics } from '../diagnostics'
import { meanOf } from './meanOf'
import { type Progress, type SealTraining, freshProgress, sealTraining } from './sealRule'

// options ----------------------------------------------------------------------------------------

const code = 'hanshen95/SEAL'

/** The options of SEAL. */
export const sealOptions = {
  keep: withDefault(
    0.8,
    number('share of the rows that is kept, those with the largest numbers', { min: 0, max: 1 }),
    code,
  ),
  epochs: withDefault(3, count('passes over the data that train the selector'), code),
  lr: withDefault(1e-5, positive('learning rate of the adapter that is trained beside the selector'), code),
  selectorLr: withDefault(5e-3, positive('learning rate of the selector'), code),
  decay: withDefault(
    0.03,
    atLeastZero('what the weight of the safe rows’ loss, 1 at first, loses with each epoch'),
    code,
  ),
}
/** Their values. */
export type SealOptions = Values<typeof sealOptions>

const fidelity: Fidelity = {
  source: `arXiv 2410.07471 (ICLR 2025); code ${code}`,
  commit: '1538e62379b715c71726ebe777a860b2ee46b4e5',
  formula:
    'Written from the authors’ selector trainer: start, weights n softmax(s), both losses, sign and optimizer of the selector’s step. ' +
    'Gradients, numbers of all rows and the model after two to four epochs equal plain torch within 1e-6 (golden tests, ' +
    'tools/golden/forgetfilter_seal.py).',
  defaults: 'Those of the authors’ script for Llama 3: keep 0.8, 3 epochs, 1e-5 and 5e-3, decay 0.03.',
  differs:
    'Batch size, schedule, the model’s moments (theirs 0.9 and 0.95) and the adapter are those of the run. Passes are without dropout, as ' +
    'theirs. An epoch passes over the task rows, and safe rows are drawn without end (theirs ends with the shorter set). round(keep n) rows ' +
    'stay, in order (theirs int(keep n)). With accumulated batches the selector steps at each of them. With the loss `token`, rows weigh ' +
    'by their tokens in the model’s step. Their rates are for runs of thousands of steps: in a short run at 1e-5 the model hardly moves, and rows ' +
    'are ranked by the losses of the aligned model.',
}

// rows -------------------------------------------------------------------------------------------

/** Safe rows without end: the whole set in random order, in another order at each pass. Left `EmptyData` where there are none. */
export const endless = ({ examples }: Dataset, seed: number): E.Either<InputError, SealTraining['draw']> => {
  const size = examples.length
  if (size === 0)
    return E.left(
      badInput('EmptyData', 'has no row, and the selector is trained against safe rows', {
        where: 'safe',
        remedy: 'give safe rows, or leave seal out',
      }),
    )
  const orders = new Map<number, ReadonlyArray<Example>>()
  const orderOf = (pass: number): ReadonlyArray<Example> => {
    const order = orders.get(pass) ?? stream(seed, 'forgetfilter', 'seal', pass).shuffle(examples)
    orders.set(pass, order)
    return order
  }
  return E.right((drawn, wanted) =>
    Array.from({ length: Math.min(wanted, size) }, (_, k) => drawn + k).flatMap(
      (at) => orderOf(Math.floor(at / size))[at % size] ?? [],
    ),
  )
}

/** Numbers of the rows with the smallest scores; a row without a response token has none. */
const lowest = ({ selector: { scores, seen } }: Progress, dropped: number): ReadonlySet<number> =>
  new Set(
    highestRows(new Map(scores.flatMap((s, row) => (seen[row] === 1 ? [[row, -s] as const] : []))), dropped),
  )

// constructors -----------------------------------------------------------------------------------

/** The resources of SEAL. */
export type SealResources = Pick<Resources, 'seed' | 'train' | 'safe'>

/**
 * Keeps the share of the rows that the selector ranks highest, in order and unchanged; a row without a response token is kept. With
 * keep 1 nothing is trained.
 *
 * @returns on `apply`, left `EmptyData` without safe rows, or what training ends in
 */
export const seal = (
  options: Partial<SealOptions>,
  { seed, train, safe }: SealResources,
  record: RecordDiagnostics = () => undefined,
): DataDefence => {
  const selected = (data: Dataset, { keep, epochs, lr, ...of }: SealOptions, draw: SealTraining['draw']) =>
    pipe(
      TE.fromIO<Progress, Fault>(() => freshProgress(data.examples.length)),
      TE.chainIOK(newIORef),
      TE.chainFirst((kept) =>
        train(
          data,
          { epochs, lr },
          undefined,
          sealTraining({
            ...of,
            draw,
            rows: data.examples.length,
            learned: (progress) => kept.write(progress),
          }),
        ),
      ),
      TE.chainIOK(({ read }) => read),
      TE.map((progress) => {
        const rows = data.examples.length
        const gone = lowest(progress, rows - Math.round(keep * rows))
        const left = { ...data, examples: data.examples.filter((_, i) => !gone.has(i)) }
        const scoreOf = (dropped: boolean) =>
          meanOf(progress.selector.scores.filter((_, i) => gone.has(i) === dropped))
        record({
          ...dropDiagnostics(data, left),
          selectorSteps: progress.selector.steps,
          scoreDropped: scoreOf(true),
          scoreKept: scoreOf(false),
          extraForwardPasses: progress.passes,
        })
        return left
      }),
    )
  return dataDefence<Fault>({
    name: 'seal',
    parameters: parametersOf(sealOptions, completed(sealOptions, options)),
    apply: (data) =>
      pipe(
        E.Do,
        E.bindW('chosen', () => checked(sealOptions, options)),
        E.bindW('draw', () => endless(safe, seed)),
        TE.fromEither,
        TE.chainW(({ chosen, draw }) => {
          if (chosen.keep < 1) return selected(data, chosen, draw)
          record(dropDiagnostics(data, data))
          return TE.right(data)
        }),
      ),
  })
}

/** SEAL as a benchmark finds it. */
export const sealPlugin = definePlugin({
  name: 'seal',
  stage: 'data',
  summary: 'drops the rows that a selector, trained against safe rows, ranks lowest (SEAL, arXiv 2410.07471)',
  options: sealOptions,
  needs: ['seed', 'train', 'safe'],
  strength: { options: ['keep'], values: [0.95, 0.9, 0.8, 0.7, 0.6] },
  fidelity,
  // Each step passes over as many safe rows as task rows.
  work: ({ epochs }, { rows, batchSize }) => ({
    trainingSteps: 2 * epochs * Math.ceil(rows / Math.max(1, batchSize)),
  }),
  make: (options, resources, record) => TE.right(seal(options, resources, record)),
})
