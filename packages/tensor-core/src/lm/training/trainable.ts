/**
 * What is trained, as a flat vector, and how it becomes the decoder of one pass: either the factors of an adapter beside frozen
 * weights, or all weights themselves.
 */
import { float32Matrix, tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import { type RandomStream, stream } from '../../random'
import type { Adaptation, Factors } from '../decoder/linear'
import { parameterShapes } from '../decoder/parameters'
import { type DecoderWeights, assembleWeights } from '../decoder/weights'
import { type Layout, layoutOf, unflatten } from './layout'

// model ------------------------------------------------------------------------------------------

/** A trainable vector and what it means to the decoder. */
export interface Trainable {
  readonly layout: Layout
  /** True where the frozen weights themselves are trained. */
  readonly full: boolean
  /** The decoder under these parameters; call it inside `tf.tidy`, which frees what it makes. */
  readonly bind: (parameters: tf.Tensor) => {
    readonly weights: DecoderWeights
    readonly factors: Adaptation['factors']
  }
}

/** One module to adapt. */
export interface LoraSlot {
  readonly name: string
  readonly outputs: number
  readonly inputs: number
  readonly rank: number
  readonly scale: number
}

// constructors -----------------------------------------------------------------------------------

/**
 * The factors of an adapter beside frozen weights: A [rank, inputs] and B [outputs, rank] of every slot, in their
 * order.
 */
export const loraTrainable = (weights: DecoderWeights, slots: ReadonlyArray<LoraSlot>): Trainable => {
  const layout = layoutOf(
    slots.flatMap((s) => [
      { name: `${s.name}.lora_A`, shape: [s.rank, s.inputs] },
      { name: `${s.name}.lora_B`, shape: [s.outputs, s.rank] },
    ]),
  )
  return {
    layout,
    full: false,
    bind: (parameters) => {
      const tensors = unflatten(layout, parameters)
      const factors = new Map(
        slots.flatMap((s): ReadonlyArray<[string, Factors]> => {
          const [A, B] = [tensors.get(`${s.name}.lora_A`), tensors.get(`${s.name}.lora_B`)]
          return A === undefined || B === undefined ? [] : [[s.name, { A, B, scale: s.scale }]]
        }),
      )
      return { weights, factors }
    },
  }
}

/** All weights of a model, in the order of `parameterShapes`. */
export const fullTrainable = (config: ModelConfig): Trainable => {
  const layout = layoutOf(parameterShapes(config))
  return {
    layout,
    full: true,
    bind: (parameters) => {
      const tensors = unflatten(layout, parameters)
      const vector = (name: string): tf.Tensor => tensors.get(name) ?? tf.zeros([0])
      return {
        weights: assembleWeights(config, { vector, matrix: (name) => float32Matrix(vector(name)) }),
        factors: new Map(),
      }
    },
  }
}

/** A fresh adapter as peft starts it: A uniform in +-1/sqrt(d_in) (Kaiming with a = sqrt 5), B zero. */
export const freshFactors = (slots: ReadonlyArray<LoraSlot>, seed: number): Float32Array => {
  const parts = slots.map((s) => {
    const draws: RandomStream = stream(seed, 'lora', s.name)
    const bound = 1 / Math.sqrt(s.inputs)
    const values = new Float32Array(s.rank * (s.inputs + s.outputs))
    for (let i = 0; i < s.rank * s.inputs; i++) values[i] = (2 * draws.uniform() - 1) * bound
    return values
  })
  const flat = new Float32Array(parts.reduce((n, p) => n + p.length, 0))
  parts.reduce((at, p) => {
    flat.set(p, at)
    return at + p.length
  }, 0)
  return flat
}
