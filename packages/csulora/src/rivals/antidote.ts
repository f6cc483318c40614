/**
 * Antidote (arXiv 2408.09600): after fine-tuning, the entries of the adapter that matter most for harmful rows are set to zero, at once and
 * without training.
 *
 *   score_ij = |W_ij| ||x_j||_2        (Wanda, arXiv 2306.11695; x: what W reads, over all tokens of the harmful rows)
 *
 * In each row of W the entries with the largest scores are removed: n - floor(n (1 - share)) of n, as the authors' code counts. W are the
 * adapter's two matrices, each with what it reads: A with the layer's input x, B with A x. Both are scored before either is pruned.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Fault,
  type Fidelity,
  type InputNorms,
  type LoraAdapter,
  type LoraModule,
  type Matrix,
  type RecordDiagnostics,
  type Resources,
  type WeightsDefence,
  badInput,
  failure,
  matrix,
  weightsDefence,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  checked,
  completed,
  definePlugin,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import { meanNormRatio } from './normRatio'

// options ----------------------------------------------------------------------------------------

const paper = 'Antidote, arXiv 2408.09600'

/** The options of Antidote. */
export const antidoteOptions = {
  share: withDefault(
    0.1,
    number('share of the entries that is set to zero in each row of A and B', { min: 0, max: 1 }),
    paper,
  ),
}
/** Their values. */
export type AntidoteOptions = Values<typeof antidoteOptions>

const fidelity: Fidelity = {
  source: `${paper}; scores: Wanda, arXiv 2306.11695`,
  commit: 'git-disl/Antidote at 26e2ade',
  formula:
    'The entries with the largest |W| ||x|| of each row of A and of B become zero. Equal to a dense torch implementation in float64 (golden tests, ' +
    'tools/golden/csulora_rivals.py); the norms equal hooks on peft’s layers (tools/golden/lm_norms.py).',
  defaults: "The authors': a share of 0.1.",
  differs:
    'The harmful rows are the run’s. The released code trains a second adapter for the task on top of a merged aligned one; here the adapter is ' +
    'that of the run, on the aligned model. Their norms count padding as well. All in double precision on the host, after a forward pass ' +
    'in float32.',
}

// pruning ----------------------------------------------------------------------------------------

/** Without the entries of each row that have the largest |W| norm. Of equal scores the later entry goes first. */
export const pruned = ({ rows, cols, data }: Matrix, norms: ArrayLike<number>, share: number): Matrix => {
  const kept = Math.floor(cols * (1 - share))
  const out = Float32Array.from(data)
  for (let i = 0; i < rows; i++) {
    const score = (j: number): number => Math.abs(data[i * cols + j] ?? 0) * (norms[j] ?? 0)
    const order = Array.from({ length: cols }, (_, j) => [score(j), j] as const)
    order.sort(([a, j], [b, k]) => a - b || j - k)
    for (const [, j] of order.slice(kept)) out[i * cols + j] = 0
  }
  return matrix(rows, cols, out)
}

const prunedModule =
  (norms: ReadonlyMap<string, InputNorms>, share: number) =>
  (module: LoraModule): E.Either<Fault, LoraModule> =>
    pipe(
      norms.get(module.name),
      E.fromNullable(failure('ModelFailed', 'was not measured', { where: module.name })),
      E.map(({ input, low }) => ({
        ...module,
        A: pruned(module.A, input, share),
        B: pruned(module.B, low, share),
      })),
    )

const zeros = ({ modules }: LoraAdapter): number =>
  modules.reduce(
    (sum, { A, B }) => sum + [A, B].reduce((n, { data }) => n + data.filter((x) => x === 0).length, 0),
    0,
  )

// constructors -----------------------------------------------------------------------------------

/** The resources of Antidote. */
export type AntidoteResources = Pick<Resources, 'activationNorms' | 'harmful'>

/**
 * Prunes the adapter by what harmful rows activate; rank and structure stay. With a share of 0 nothing is measured and the adapter is
 * returned as it is.
 *
 * @returns on `apply`, left `EmptyData` without harmful rows
 */
export const antidote = (
  options: Partial<AntidoteOptions>,
  { activationNorms, harmful }: AntidoteResources,
  record: RecordDiagnostics = () => undefined,
): WeightsDefence =>
  weightsDefence<Fault>({
    name: 'antidote',
    parameters: parametersOf(antidoteOptions, completed(antidoteOptions, options)),
    apply: (adapter) =>
      pipe(
        TE.fromEither(checked(antidoteOptions, options)),
        TE.filterOrElseW(
          ({ share }) => share === 0 || harmful.examples.length > 0,
          () =>
            badInput('EmptyData', 'has no rows, and the adapter is pruned by what they activate', {
              where: 'harmful',
              remedy: 'give rows as harmful',
            }),
        ),
        TE.chainW(({ share }) =>
          share === 0
            ? TE.right(adapter)
            : pipe(
                activationNorms(adapter, harmful),
                TE.chainEitherKW((norms) => E.traverseArray(prunedModule(norms, share))(adapter.modules)),
                TE.map((modules): LoraAdapter => ({ ...adapter, modules })),
              ),
        ),
        TE.map((left) => {
          record({
            modules: adapter.modules.length,
            extraForwardPasses: left === adapter ? 0 : harmful.examples.length,
            zeroed: zeros(left) - zeros(adapter),
            normRatio: meanNormRatio(adapter, left),
          })
          return left
        }),
      ),
  })

/** Antidote as a benchmark finds it. */
export const antidotePlugin = definePlugin({
  name: 'antidote',
  stage: 'weights',
  summary: 'zeroes the entries of the adapter that matter most for harmful rows (Antidote, arXiv 2408.09600)',
  options: antidoteOptions,
  needs: ['activationNorms', 'harmful'],
  strength: { options: ['share'], values: [0.01, 0.05, 0.1, 0.2, 0.3, 0.5] },
  fidelity,
  // The norms are of what a forward pass over the harmful rows computes, anew for each adapter.
  work: ({ share }, { harmful }) => (share === 0 ? {} : { scoredRows: harmful }),
  make: (options, resources, record) => TE.right(antidote(options, resources, record)),
})
