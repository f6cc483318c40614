/** Gradients of the trainable vector at its present value, as the `GradientOracle` that methods use. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type GradientBatch,
  type GradientOracle,
  type InputError,
  type LmError,
  type Pass,
  type TokenWeight,
  causeLine,
  failure,
} from '../../contracts'
import { matMul, tf } from '../../engine'
import type { EncodedExample } from '../../text'
import { predictingStates, lossAndGradients } from '../decoder/backward'
import { type TokenBatch, meanByRow, tokenBatch } from '../decoder/batch'
import type { Adaptation } from '../decoder/linear'
import { type PositionWeights, type Target, crossEntropy } from '../decoder/loss'
import { turn } from '../turn'
import { deviceSpace, scalarOf } from './deviceSpace'
import { batchSalt, dropoutMask } from './dropout'
import { flatten } from './layout'
import type { LoadedOrigin } from './origin'
import { positionWeights, tokenWeights } from './positionWeights'
import type { LossKind } from './recipe'
import type { Trainable } from './trainable'

// model ------------------------------------------------------------------------------------------

/** What an oracle takes gradients of, and how. */
export interface OracleSettings {
  readonly trainable: Trainable
  /** The vector as it stands; owned by the training loop. */
  readonly parameters: () => tf.Tensor
  readonly encode: (e: Example) => E.Either<InputError, EncodedExample>
  readonly loss: LossKind
  readonly dropout: number
  readonly seed: number
  /** The vector training starts from; with it (and frozen weights) the oracle can measure preservation. */
  readonly initial?: Float32Array
  /** The model that preservation is measured from, in place of `initial`. */
  readonly origin?: Pick<LoadedOrigin, 'weights' | 'factors'>
}

// constructor ------------------------------------------------------------------------------------

/** A gradient shorter than this has no direction. */
const GUARD = 1e-12

/** The initial model, made inside a scope that frees it. */
type From = () => Pick<LoadedOrigin, 'weights' | 'factors'>

/** A loss: of the rows' own tokens, of these with weights, or the divergence from another model. */
type Objective =
  | { readonly kind: 'tokens' }
  | { readonly kind: 'reweighted'; readonly from: From; readonly weight: TokenWeight }
  | { readonly kind: 'divergence'; readonly from: From }

/** The losses of all positions without dropout, [positions], nats. */
const positionLosses = (
  batch: TokenBatch,
  { weights, factors }: ReturnType<From>,
  target: Target,
): tf.Tensor =>
  tf.tidy(
    () =>
      crossEntropy(weights.head, weights.config.vocabSize, {
        hidden: predictingStates(weights, batch, { factors }),
        target,
        scales: weights.config,
      }).nll,
  )

/** The oracle of one loss. */
const oracleOf = (s: OracleSettings, objective: Objective): GradientOracle<tf.Tensor> => {
  const { trainable } = s
  /** Inside a scope that frees it. */
  const targetOf = (batch: TokenBatch): Target => {
    if (objective.kind !== 'divergence') return { kind: 'tokens', ids: batch.targets }
    const { weights, factors } = objective.from()
    return {
      kind: 'states',
      initial: predictingStates(weights, batch, { factors }),
      own: { head: weights.head, scales: weights.config },
    }
  }
  const encodeAll = (batch: ReadonlyArray<Example>): TE.TaskEither<LmError, TokenBatch> =>
    TE.fromEither(pipe(batch, E.traverseArray(s.encode), E.map(tokenBatch)))
  const attempt = <A>(work: () => A): TE.TaskEither<LmError, A> =>
    TE.tryCatch(
      () => turn().then(work),
      (cause) => failure('ModelFailed', causeLine(cause)),
    )
  const adaptationOf = (factors: Adaptation['factors'], pass: Pass, batch: TokenBatch): Adaptation =>
    s.dropout > 0 && pass.kind === 'training'
      ? { factors, dropout: dropoutMask(s.dropout, s.seed, pass.step, batchSalt(batch.tokens)) }
      : { factors }

  /** The weights of positions: as they are, or times those of their tokens. */
  const weightsOf = (batch: TokenBatch, weights: Float32Array): PositionWeights => {
    if (objective.kind !== 'reweighted') return weights
    const initial = tf.tidy(() =>
      positionLosses(batch, objective.from(), { kind: 'tokens', ids: batch.targets }),
    )
    const losses = Float32Array.from(initial.dataSync())
    initial.dispose()
    return tokenWeights(batch, { weights, initial: losses, weight: objective.weight })
  }

  /** Flat gradient, [size] or [examples, size], and the losses of the rows. */
  const run = (
    batch: TokenBatch,
    pass: Pass,
    weights: Float32Array,
    examples: number,
  ): { readonly losses: Float32Array; readonly gradient: tf.Tensor } => {
    const { nll, gradient } = tf.tidy(() => {
      // In a scope of its own: where all weights are trained, those of the pass are freed before the gradients are joined.
      const back = tf.tidy(() => {
        const bound = trainable.bind(s.parameters())
        const adaptation = adaptationOf(bound.factors, pass, batch)
        return {
          ...lossAndGradients(bound.weights, batch, adaptation, {
            weightsOf: weightsOf(batch, weights),
            wanted: { examples, weights: trainable.full },
            target: targetOf(batch),
          }),
        }
      })
      return { nll: back.nll, gradient: flatten(trainable.layout, back.gradients, examples) }
    })
    const losses = meanByRow(batch, nll.dataSync())
    nll.dispose()
    return { losses, gradient }
  }

  const gradientBatch = (batch: TokenBatch, pass: Pass): GradientBatch<tf.Tensor> => {
    // Every example's own mean loss: weight 1 / count at each of its positions.
    const unit = Float32Array.from(batch.owners, (n) => 1 / Math.max(1, batch.counts[n] ?? 0))
    const n = batch.rows
    const { losses, gradient } = run(batch, pass, unit, n)
    const each = tf.reshape(gradient, [n, trainable.layout.size])
    gradient.dispose()
    return {
      losses,
      cosines: (direction) => {
        const length = scalarOf(() => tf.norm(direction))
        if (length < GUARD) return new Float32Array(n)
        const out = tf.tidy(() => {
          // A unit column: the product of two small norms need not be a float32 that can be divided by.
          const column = tf.reshape(tf.div(direction, length), [trainable.layout.size, 1])
          const dots = tf.reshape(matMul(each, column), [n])
          const norms = tf.sqrt(tf.sum(tf.square(each), 1))
          return tf.where(
            tf.greaterEqual(norms, GUARD),
            tf.div(dots, tf.maximum(norms, GUARD)),
            tf.zerosLike(dots),
          )
        })
        const values = Float32Array.from(out.dataSync())
        out.dispose()
        return values
      },
      weightedMean: (weights) =>
        tf.tidy(() => {
          const total = weights.reduce((a, b) => a + b, 0)
          const w = tf.tensor2d(
            weights.map((x) => (total === 0 ? 0 : x / total)),
            [1, n],
          )
          return tf.reshape(matMul(w, each), [trainable.layout.size])
        }),
      dispose: () => each.dispose(),
    }
  }

  return {
    space: deviceSpace(trainable.layout.size),
    deterministic: s.dropout === 0,
    gradients: (examples, pass) =>
      pipe(
        encodeAll(examples),
        TE.chain((batch) => attempt(() => gradientBatch(batch, pass))),
      ),
    mean: (examples, pass, weights) =>
      pipe(
        encodeAll(examples),
        TE.chain((batch) =>
          attempt(() =>
            run(
              batch,
              pass,
              positionWeights(batch, s.loss, weights ?? new Float32Array(batch.rows).fill(1)),
              1,
            ),
          ),
        ),
      ),
    losses: (examples) =>
      pipe(
        encodeAll(examples),
        TE.chain((batch) =>
          attempt(() => {
            const nll = tf.tidy(() => positionLosses(batch, trainable.bind(s.parameters()), targetOf(batch)))
            const losses = meanByRow(batch, nll.dataSync())
            nll.dispose()
            return losses
          }),
        ),
      ),
  }
}

/**
 * The oracle of a language model: gradients of the mean response-token loss of each row (nats), one backward pass for
 * a whole batch, for one gradient per row as for their mean.
 */
export const lmOracle = (s: OracleSettings): GradientOracle<tf.Tensor> => {
  const plain = oracleOf(s, { kind: 'tokens' })
  const { initial, origin, trainable } = s
  const from: From | undefined =
    origin !== undefined
      ? () => origin
      : initial === undefined || trainable.full
        ? undefined
        : () => trainable.bind(tf.tensor1d(initial))
  return from === undefined
    ? plain
    : {
        ...plain,
        preservation: oracleOf(s, { kind: 'divergence', from }),
        reweighted: (weight) => oracleOf(s, { kind: 'reweighted', from, weight }),
      }
}
