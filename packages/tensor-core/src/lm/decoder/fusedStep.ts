/** A layer over the newest positions of a cache that is written in place, as one operation where the engine has it. */
import { decoderLayer, type tf } from '../../engine'
import type { Frame } from './frame'
import type { KeyValues } from './keyValues'
import type { LayerWeights } from './layer'
import type { Norm } from './rmsNorm'

const gain = <K extends string>(
  key: K,
  norm: Norm | undefined,
): { readonly [P in K]?: tf.Tensor } | object => (norm === undefined ? {} : { [key]: norm.gain })

/** Whether an adapter acts on the layer: it then runs step by step. */
const isAdapted = (w: LayerWeights, { adaptation: { factors } }: Frame): boolean =>
  factors.size > 0 && [w.q, w.k, w.v, w.o, w.gate, w.up, w.down].some(({ name }) => factors.has(name))

/**
 * @param x [rows * chunk, width] @param memory written behind its slots @returns the layer's output, or undefined where the steps
 *   must be run one by one
 */
export const fusedStep = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  memory: KeyValues,
): tf.Tensor | undefined => {
  if (isAdapted(w, frame)) return undefined
  const { config, scores } = frame
  const { rotary, mask } = frame[w.kind]
  return decoderLayer(
    {
      q: w.q,
      k: w.k,
      v: w.v,
      o: w.o,
      gate: w.gate,
      up: w.up,
      down: w.down,
      gains: {
        ...gain('inputNorm', w.inputNorm),
        ...gain('queryNorm', w.headNorms?.q),
        ...gain('keyNorm', w.headNorms?.k),
        ...gain('afterAttention', w.afterAttention),
        ...gain('mlpNorm', w.mlpNorm),
        ...gain('afterMlp', w.afterMlp),
      },
      constants: {
        epsilon: config.rmsNormEps,
        factor: scores.factor,
        residual: config.residualMultiplier ?? 1,
        activation: config.hiddenAct === 'silu' ? 'silu' : 'gelu',
      },
    },
    { x, positions: { cos: rotary.cos, sin: rotary.sin, mask }, cache: { keys: memory.k, values: memory.v } },
  )
}
