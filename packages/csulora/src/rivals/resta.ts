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
 *
 * With `dare: update` the drops act on the fine-tuned adapter instead, and the whole vector is subtracted: D' = DARE_p(D) - gamma D_h.
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
  choice,
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
  drop: withDefault(0.9, number('probability that an entry of A is dropped', { min: 0, max: 0.999 }), paper),
  dare: withDefault(
    'vector',
    choice('whose entries are dropped: those of the safety vector, or of the fine-tuned update', [
      'vector',
      'update',
    ]),
  ),
}
/** Their values. */
export type RestaOptions = Values<typeof restaOptions>

const fidelity: Fidelity = {
  source: `${paper}; DARE: arXiv 2311.03099`,
  formula:
    'D - gamma DARE(D_harmful), equal to a dense torch implementation in float64 given the same drops (golden tests, ' +
    'tools/golden/csulora_rivals.py); with `dare: update` DARE(D) - gamma D_harmful, of the same parts. Neither the paper’s text beyond its ' +
    'abstract nor the authors’ code (declare-lab/resta) could be read here.',
  defaults:
    'gamma 0.5; drop 0.9, one of the rates of DARE’s paper; `dare: vector`, as in SafeTune (Lexsi-Labs/SafeTune at 87deac3).',
  differs:
    'Which of the two DARE acts on was not settled. Secondary sources disagree: SafeTune drops entries of the vector, programs that call the ' +
    'authors’ merge/add_safety.py add it whole, and summaries of the paper speak of redundant delta parameters, DARE’s word for what ' +
    'fine-tuning adds: that is nearer to `dare: update`. DARE drops entries of the product B A; here entries of A are dropped and ' +
    'rescaled, so that the rank and the expectation stay, and an entry of the product has DARE’s variance summed over the rank’s terms. The vector is trained on the run’s ' +
    'harmful rows with the run’s recipe.',
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
 * Adds the safety vector: an adapter trained on harmful rows, negated, with entries of it or of the given adapter dropped. With gamma 0
 * nothing is trained or dropped.
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
        TE.chainW(({ gamma, drop, dare: dropped }) =>
          gamma === 0
            ? TE.right(adapter)
            : pipe(
                trainedOn(train, harmful, 'harmful'),
                TE.chainEitherKW((learned) => {
                  const whole = dropped === 'vector' ? learned : adapter
                  const sparse = dare(whole, drop, seed)
                  const before = totalNorm(whole)
                  record({
                    vectorNorm: totalNorm(learned),
                    droppedNormRatio: before === 0 ? 1 : totalNorm(sparse) / before,
                  })
                  const [own, vector] = dropped === 'vector' ? [adapter, sparse] : [sparse, learned]
                  return mergedAdapter([
                    { adapter: own, weight: 1, name: 'the adapter' },
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
