/** The training of SEAL's selector as an update rule of one training run (formula: seal.ts): plain training's gradient is replaced. */
import type { IO } from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type GradientOracle,
  type LmError,
  type RuleState,
  type TrainingDefence,
  type Update,
  type UpdateRule,
  type VectorSpace,
  trainingDefence,
} from '@safe/tensor-core/contracts'
import { type Selector, advanced, freshSelector, rowWeights } from './sealSelector'

// model ------------------------------------------------------------------------------------------

/** What has been done so far: the selector, and rows passed through the model. */
export interface Progress {
  readonly selector: Selector
  /** Safe rows drawn. */
  readonly drawn: number
  /** All rows, safe ones included. */
  readonly passes: number
}

/** How a selector is trained. */
export interface SealTraining {
  /** Rows of the data, with those that have no response token. */
  readonly rows: number
  /** What the weight of the safe rows' loss loses with each epoch, from 1. */
  readonly decay: number
  readonly selectorLr: number
  /** The next safe rows after `drawn` have been drawn; at most as many as there are. */
  readonly draw: (drawn: number, count: number) => ReadonlyArray<Example>
  /** Takes what has been learned, after every step. */
  readonly learned: (progress: Progress) => IO<void>
}

// state ------------------------------------------------------------------------------------------

/** Nothing done yet. */
export const freshProgress = (rows: number): Progress => ({
  selector: freshSelector(rows),
  drawn: 0,
  passes: 0,
})

/** A state of the rule: numbers alone, so that a run resumes from a checkpoint. */
const written = ({ selector, drawn, passes }: Progress): RuleState<never> => {
  const { scores, m, v, seen, steps } = selector
  return { vectors: {}, numbers: { scores, m, v, seen, counts: [steps, drawn, passes] } }
}

const progressIn = ({ numbers }: RuleState<unknown>): Progress => {
  const { scores = [], m = [], v = [], seen = [], counts = [] } = numbers
  const [steps = 0, drawn = 0, passes = 0] = counts
  return { selector: { scores, m, v, seen, steps }, drawn, passes }
}

// rule -------------------------------------------------------------------------------------------

const deterministic = { kind: 'deterministic' } as const

/** The weight of the safe rows' loss in an epoch. */
export const safeWeight = (decay: number, epoch: number): number => Math.max(0, 1 - decay * epoch)

/** j a + k b; both are freed. */
const joined = <G>(
  { scale, add, free }: VectorSpace<G>,
  [j, a]: readonly [number, G],
  [k, b]: readonly [number, G],
): G => {
  const parts = [scale(j, a), scale(k, b)] as const
  const sum = add(...parts)
  ;[a, b, ...parts].forEach(free)
  return sum
}

/** What a pass over the task rows gives: their losses, and the rows' part in the gradient where they have one. */
interface TaskPass<G> {
  readonly losses: Float32Array
  readonly part?: readonly [number, G]
}

/** share x mean(q_i g_i), as a factor and a vector. Where the share is 0, as in the first epoch, losses are enough. */
const taskPass = <G>(
  oracle: GradientOracle<G>,
  batch: ReadonlyArray<Example>,
  weights: Float32Array,
  share: number,
): TE.TaskEither<LmError, TaskPass<G>> =>
  share === 0
    ? pipe(
        oracle.losses(batch),
        TE.map((losses) => ({ losses })),
      )
    : pipe(
        oracle.mean(batch, deterministic, weights),
        TE.map(({ losses, gradient }) => ({
          losses,
          part: [(share * weights.reduce((a, b) => a + b, 0)) / weights.length, gradient],
        })),
      )

const sealRule = <G>(
  oracle: GradientOracle<G>,
  { rows, decay, selectorLr, draw, learned }: SealTraining,
): UpdateRule<G, LmError> => ({
  name: 'seal',
  warmupSteps: 0,
  initial: written(freshProgress(rows)),
  step: (state, { batch, indices, epoch }) => {
    const { selector, drawn, passes } = progressIn(state)
    const safe = draw(drawn, batch.length)
    const q = rowWeights(selector.scores)
    const weights = Float32Array.from(indices, (row) => q[row] ?? 0)
    const weight = safeWeight(decay, epoch)
    return pipe(
      oracle.mean(safe, deterministic),
      TE.chain(({ gradient: onSafe }) =>
        pipe(
          taskPass(oracle, batch, weights, 1 - weight),
          TE.tapError(() => TE.fromIO(() => oracle.space.free(onSafe))),
          TE.map(({ losses, part }): Update<G> & { readonly next: Progress } => {
            const next = {
              selector: advanced(selector, { rows: indices, losses }, selectorLr),
              drawn: drawn + safe.length,
              passes: passes + safe.length + batch.length,
            }
            const gradient = part === undefined ? onSafe : joined(oracle.space, [weight, onSafe], part)
            return { gradient, losses, weights, notes: [], state: written(next), next }
          }),
          TE.chainFirstIOK(({ next }) => learned(next)),
        ),
      ),
    )
  },
  endEpoch: (state) => TE.right(state),
})

// constructors -----------------------------------------------------------------------------------

/** The rule as a defence of the one training run that it is made for; the rule inside, plain training, is not used. */
export const sealTraining = (training: SealTraining): TrainingDefence<LmError> =>
  trainingDefence<LmError>({
    name: 'seal',
    parameters: { decay: training.decay, selectorLr: training.selectorLr },
    apply: (_, oracle) => TE.right(sealRule(oracle, training)),
  })
