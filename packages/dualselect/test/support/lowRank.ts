/**
 * A model small enough to differentiate by hand and shaped like LoRA: logits = (W + B A) x, W frozen, trained by cross-entropy
 * averaged over an example's tokens. In float64, so that a reference implementation can be followed to rounding.
 */
import * as TE from 'fp-ts/TaskEither'
import {
  type Example,
  type GradientBatch,
  type GradientOracle,
  type LmError,
  type TokenWeight,
  failure,
} from '@safe/tensor-core/contracts'
import { type Vector, countingSpace } from './countingSpace'

export interface Shape {
  readonly inputs: number
  readonly classes: number
  readonly rank: number
}

export interface Row {
  readonly xs: ReadonlyArray<ReadonlyArray<number>>
  readonly ys: ReadonlyArray<number>
}

export const example = (id: string, { xs, ys }: Row): Example => ({
  id,
  prompt: { kind: 'tokens', tokens: [] },
  response: { kind: 'tokens', tokens: ys },
  raw: '',
  fields: { xs, ys },
})

const rowOf = (e: Example): Row => e.fields as unknown as Row

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number =>
  a.reduce((s, x, i) => s + x * b[i]!, 0)

/** What the loss is: of the rows' own classes, of these with weights, or the divergence from the model of `initial`. */
export interface Objective {
  readonly initial?: ReadonlyArray<number>
  readonly weight?: TokenWeight
}

/** Log-probabilities of the classes of one token, and what the gradient needs beside them. */
const forward = (
  { inputs: d, classes: c, rank: r }: Shape,
  frozen: ReadonlyArray<ReadonlyArray<number>>,
  theta: ReadonlyArray<number>,
  x: ReadonlyArray<number>,
): { hidden: number[]; logQ: number[] } => {
  const hidden = Array.from({ length: r }, (_, k) => dot(theta.slice(k * d, (k + 1) * d), x))
  const logits = Array.from(
    { length: c },
    (_, j) => dot(frozen[j]!, x) + dot(theta.slice(r * d + j * r, r * d + (j + 1) * r), hidden),
  )
  const top = Math.max(...logits)
  const normaliser = top + Math.log(logits.reduce((s, z) => s + Math.exp(z - top), 0))
  return { hidden, logQ: logits.map((z) => z - normaliser) }
}

/** Loss and gradient [A (rank x inputs), B (classes x rank)] of one example. */
export const lossAndGradient = (
  shape: Shape,
  frozen: ReadonlyArray<ReadonlyArray<number>>,
  theta: ReadonlyArray<number>,
  row: Row,
  { initial, weight }: Objective = {},
): { loss: number; gradient: number[] } => {
  const { inputs: d, rank: r } = shape
  const b = (j: number): ReadonlyArray<number> => theta.slice(r * d + j * r, r * d + (j + 1) * r)
  const gradient = new Array<number>(theta.length).fill(0)
  let loss = 0
  row.xs.forEach((x, t) => {
    const { hidden, logQ } = forward(shape, frozen, theta, x)
    const y = row.ys[t]!
    const share = 1 / row.xs.length
    const start = initial === undefined ? undefined : forward(shape, frozen, initial, x).logQ
    const divergence = start !== undefined && weight === undefined
    const own = weight === undefined || start === undefined ? 1 : weight(t, logQ[y]!, start[y]!)
    loss += share * (divergence ? start.reduce((s, p, j) => s + Math.exp(p) * (p - logQ[j]!), 0) : -logQ[y]!)
    logQ.forEach((q, j) => {
      const target = divergence ? Math.exp(start[j]!) : j === y ? 1 : 0
      const delta = share * own * (Math.exp(q) - target)
      for (let k = 0; k < r; k++) {
        gradient[r * d + j * r + k]! += delta * hidden[k]!
        for (let i = 0; i < d; i++) gradient[k * d + i]! += delta * b(j)[k]! * x[i]!
      }
    })
  })
  return { loss, gradient }
}

export interface Calls {
  gradients: number
  mean: number
  losses: number
  /** Rows of the largest per-example batch. */
  widest: number
}

export interface LowRankOptions {
  readonly noisy?: boolean
  readonly failAt?: number
  readonly keepsInitial?: boolean
}

export interface LowRank {
  readonly oracle: GradientOracle<Vector>
  readonly theta: { values: ReadonlyArray<number> }
  readonly calls: Calls
  /** Vectors and batches not freed. */
  readonly alive: () => number
  /** Most vectors alive at once. */
  readonly peak: () => number
  readonly read: (v: Vector) => ReadonlyArray<number>
  readonly make: (values: ReadonlyArray<number>) => Vector
}

/**
 * `keepsInitial`: the oracle compares with the initial model. `noisy`: training passes differ from deterministic ones, as with
 * dropout. `failAt`: the oracle's nth call fails.
 */
export const lowRank = (
  shape: Shape,
  frozen: ReadonlyArray<ReadonlyArray<number>>,
  initial: ReadonlyArray<number>,
  { noisy = false, failAt = Infinity, keepsInitial = false }: LowRankOptions = {},
): LowRank => {
  const space = countingSpace(initial.length)
  const theta = { values: initial }
  const calls: Calls = { gradients: 0, mean: 0, losses: 0, widest: 0 }
  const openBatches = { count: 0 }
  const fails = (): boolean => calls.gradients + calls.mean + calls.losses >= failAt
  const broken: LmError = failure('ModelFailed', 'broke on purpose')
  const all = (batch: ReadonlyArray<Example>, objective: Objective): { loss: number; gradient: number[] }[] =>
    batch.map((e) => lossAndGradient(shape, frozen, theta.values, rowOf(e), objective))
  const average = (gs: ReadonlyArray<ReadonlyArray<number>>, weights: Float32Array): number[] => {
    const total = weights.reduce((s, w) => s + w, 0)
    return initial.map((_, i) => gs.reduce((s, g, k) => s + weights[k]! * g[i]!, 0) / total)
  }
  const gradientBatch = (batch: ReadonlyArray<Example>, objective: Objective): GradientBatch<Vector> => {
    const rows = all(batch, objective)
    const gs = rows.map((x) => x.gradient)
    openBatches.count += 1
    return {
      losses: Float32Array.from(rows, (x) => x.loss),
      cosines: (direction) => {
        const v = space.read(direction)
        const norm = Math.sqrt(dot(v, v))
        return Float32Array.from(gs, (g) => {
          const own = Math.sqrt(dot(g, g))
          return own < 1e-12 || norm < 1e-12 ? 0 : dot(g, v) / own / norm
        })
      },
      weightedMean: (weights) => space.make(average(gs, weights)),
      dispose: () => {
        openBatches.count -= 1
      },
    }
  }
  const oracleOf = (objective: Objective): GradientOracle<Vector> => ({
    space,
    deterministic: !noisy,
    gradients: (batch) => async () => {
      if (fails()) return TE.left(broken)()
      calls.gradients += 1
      calls.widest = Math.max(calls.widest, batch.length)
      return TE.right(gradientBatch(batch, objective))()
    },
    mean: (batch, pass, weights) => async () => {
      if (fails()) return TE.left(broken)()
      calls.mean += 1
      const rows = all(batch, objective)
      const w = weights ?? new Float32Array(batch.length).fill(1)
      const noise = noisy && pass.kind === 'training' ? 1 + 0.01 * Math.sin(pass.step) : 1
      return TE.right({
        losses: Float32Array.from(rows, (x) => x.loss),
        gradient: space.make(
          average(
            rows.map((x) => x.gradient),
            w,
          ).map((x) => x * noise),
        ),
      })()
    },
    losses: (batch) => async () => {
      if (fails()) return TE.left(broken)()
      calls.losses += 1
      return TE.right(Float32Array.from(all(batch, objective), (x) => x.loss))()
    },
  })
  return {
    theta,
    calls,
    alive: () => space.alive() + openBatches.count,
    peak: space.peak,
    read: space.read,
    make: space.make,
    oracle: {
      ...oracleOf({}),
      ...(keepsInitial
        ? {
            preservation: oracleOf({ initial }),
            reweighted: (weight: TokenWeight) => oracleOf({ initial, weight }),
          }
        : {}),
    },
  }
}
