/**
 * RESTA (arXiv 2402.11746): a safety vector is added to the fine-tuned weights. The vector is what fine-tuning on harmful rows does to
 * the aligned model, negated; DARE (arXiv 2311.03099) drops most of it at random and rescales the rest.
 *
 *   D' = D - gamma DARE_p(s_h B_h A_h),   as [s B, -gamma s_h B_h] [A; dropped(A_h)]       (exact, at the sum of the ranks)
 *
 * DARE drops entries of B A, which has no factors of low rank afterwards; here entries of a factor are dropped:
 *
 *   dropped(A)_kj = m_kj A_kj / (1 - p),   m_kj = 1 with probability 1 - p, else 0,   so E[B dropped(A)] = B A
 *
 * Only one factor is dropped. With independent drops of both, the expectation would hold as well, but a term B_ik A_kj would survive with
 * (1 - p)^2 and be divided by it: at p = 0.9 its variance would be 99 times its square instead of DARE's 9. Of the two factors it is A,
 * because each output then sums over d_in independent drops, as with DARE; drops of B would scale whole coordinates of A x.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Fault,
  type Fidelity,
  type LoraAdapter,
  type LoraModule,
  type RecordDiagnostics,
  type Resources,
  type WeightsDefence,
  matrix,
  weightsDefence,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  atLeastZero,
  checked,
  completed,
  definePlugin,
  number,
  parametersOf,
  withDefault,
} from '@safe/tensor-core/options'
import { stream } from '@safe/tensor-core/random'
import { mergedAdapter } from '../mergeAdapters'
import { meanNormRatio, updateNorm } from './normRatio'
import { trainedOn } from './trainedOn'

// options ----------------------------------------------------------------------------------------

const paper = 'RESTA, arXiv 2402.11746'

/** The options of RESTA. */
export const restaOptions = {
  gamma: withDefault(0.5, atLeastZero('weight of the safety vector'), paper),
  drop: withDefault(
    0.9,
    number('probability that an entry of the safety vector’s A is dropped', { min: 0, max: 0.999 }),
    paper,
  ),
}
/** Their values. */
export type RestaOptions = Values<typeof restaOptions>

const fidelity: Fidelity = {
  source: `${paper}; DARE: arXiv 2311.03099`,
  formula:
    'D - gamma DARE(D_harmful). Written from the paper, equal to a dense torch implementation in float64 given the same drops (golden tests, ' +
    'tools/golden/csulora_rivals.py). The authors’ code (declare-lab/resta) was not compared.',
  defaults: 'gamma 0.5; drop 0.9, one of the rates of DARE’s paper.',
  differs:
    'DARE drops entries of the product B A; here entries of A are dropped and rescaled, so that the safety vector keeps its rank and its ' +
    'expectation, and an entry of the product has DARE’s variance summed over the rank’s terms. The drops act on the safety vector alone. It is ' +
    'trained on the run’s harmful rows with the run’s recipe.',
}

// steps ------------------------------------------------------------------------------------------

/** A with the entries dropped for which `keep` is false, and the others divided by 1 - drop. */
export const droppedRescaled = (
  { A, ...rest }: LoraModule,
  drop: number,
  keep: () => boolean,
): LoraModule => ({
  ...rest,
  A: matrix(
    A.rows,
    A.cols,
    A.data.map((x) => (keep() ? x / (1 - drop) : 0)),
  ),
})

/** DARE on every module; each has a random stream of its own. */
const dare = (adapter: LoraAdapter, drop: number, seed: number): LoraAdapter => ({
  ...adapter,
  modules: adapter.modules.map((module) => {
    const draw = stream(seed, 'csulora', 'resta', module.name)
    return droppedRescaled(module, drop, () => draw.uniform() >= drop)
  }),
})

const totalNorm = ({ modules }: LoraAdapter): number => Math.hypot(...modules.map(updateNorm))

// constructors -----------------------------------------------------------------------------------

/** The resources of RESTA. */
export type RestaResources = Pick<Resources, 'seed' | 'train' | 'harmful'>

/**
 * Adds the safety vector: an adapter trained on harmful rows, with entries dropped and negated. With gamma 0 nothing is trained and the
 * adapter is returned as it is.
 *
 * @returns on `apply`, left `EmptyData` without harmful rows, `AdapterMismatch` where the adapter has tensors that are no LoRA factors
 */
export const resta = (
  options: Partial<RestaOptions>,
  { seed, train, harmful }: RestaResources,
  record: RecordDiagnostics = () => undefined,
): WeightsDefence =>
  weightsDefence<Fault>({
    name: 'resta',
    parameters: parametersOf(restaOptions, completed(restaOptions, options)),
    apply: (adapter) =>
      pipe(
        TE.fromEither(checked(restaOptions, options)),
        TE.chainW(({ gamma, drop }) =>
          gamma === 0
            ? TE.right(adapter)
            : pipe(
                trainedOn(train, harmful, 'harmful'),
                TE.map((learned) => ({ learned, vector: dare(learned, drop, seed) })),
                TE.chainEitherKW(({ learned, vector }) => {
                  const before = totalNorm(learned)
                  record({
                    vectorNorm: before,
                    droppedNormRatio: before === 0 ? 1 : totalNorm(vector) / before,
                  })
                  return mergedAdapter([
                    { adapter, weight: 1, name: 'the adapter' },
                    { adapter: vector, weight: -gamma, name: 'the adapter of harmful rows' },
                  ])
                }),
              ),
        ),
        TE.map((moved) => {
          record({ modules: adapter.modules.length, normRatio: meanNormRatio(adapter, moved) })
          return moved
        }),
      ),
  })

/** RESTA as a benchmark finds it. */
export const restaPlugin = definePlugin({
  name: 'resta',
  stage: 'weights',
  summary: 'subtracts part of what harmful rows teach, sparsified by DARE (RESTA, arXiv 2402.11746)',
  options: restaOptions,
  needs: ['seed', 'train', 'harmful'],
  strength: { options: ['gamma'], values: [0.1, 0.25, 0.5, 0.75, 1] },
  fidelity,
  // The adapter of harmful rows is trained once for all strengths: results are kept.
  work: ({ gamma }, { harmful, stepsOn }) => (gamma === 0 ? {} : { sharedSteps: stepsOn(harmful) }),
  make: (options, resources, record) => TE.right(resta(options, resources, record)),
})
