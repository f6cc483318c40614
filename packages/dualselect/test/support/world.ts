/** A seeded world of rows for the low-rank model: a task and a pool of references. */
import type { Dataset, Example, TrainingDefence, UpdateRule } from '@safe/tensor-core/contracts'
import { plainRule } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { Vector } from './countingSpace'
import { type LowRank, type LowRankOptions, type Shape, example, lowRank } from './lowRank'

export const shape: Shape = { inputs: 5, classes: 4, rank: 2 }

export const rows = (seed: number, n: number, tokens = 3): ReadonlyArray<Example> => {
  const draw = stream(seed, 'rows')
  return Array.from({ length: n }, (_, i) => {
    const length = 1 + draw.integer(tokens)
    return example(String(i), {
      xs: Array.from({ length }, () => Array.from({ length: shape.inputs }, draw.normal)),
      ys: Array.from({ length }, () => draw.integer(shape.classes)),
    })
  })
}

export const dataset = (name: string, examples: ReadonlyArray<Example>): Dataset => ({ name, examples })

export const model = (options: LowRankOptions = {}): LowRank => {
  const draw = stream(1, 'model')
  const frozen = Array.from({ length: shape.classes }, () =>
    Array.from({ length: shape.inputs }, draw.normal),
  )
  const count = shape.rank * (shape.inputs + shape.classes)
  return lowRank(
    shape,
    frozen,
    Array.from({ length: count }, () => 0.3 * draw.normal()),
    options,
  )
}

/** The defended rule over plain training; the test fails where the defence refuses. */
export const defended = async (defence: TrainingDefence, on: LowRank): Promise<UpdateRule<Vector>> => {
  const applied = await defence.apply(plainRule(on.oracle), on.oracle)()
  if (applied._tag === 'Left') throw new Error(applied.left.message)
  return applied.right
}
