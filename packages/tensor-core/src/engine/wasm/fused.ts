/**
 * The wasm engine's fused kernels (`fused/`): one pass over memory instead of five to fourteen kernels, with the operations in the
 * same order, so that the results equal those of the separate kernels to the last bit.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { fusedNames } from '../fused/kernel'
import { tf } from '../tf'
import { addressOf, kernelsOf } from './memory'
import { type Kernel, override, sizeOf } from './override'

// inputs -----------------------------------------------------------------------------------------

const areFloats = (...tensors: ReadonlyArray<tf.TensorInfo>): boolean =>
  tensors.every(({ dtype }) => dtype === 'float32')

/** The number of rows, and their width: the last axis. */
const rowsOf = ({ shape }: tf.TensorInfo): readonly [rows: number, width: number] => {
  const width = shape.at(-1) ?? 1
  return [sizeOf(shape) / width, width]
}

/** TensorFlow.js's own sigmoid; the caller overwrites its result. */
const sigmoidOf = (backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo => {
  const result = tf.getKernel(tf.Sigmoid, 'wasm').kernelFunc({ inputs: { x }, attrs: {}, backend })
  const [s] = Array.isArray(result) ? result : [result]
  if (s === undefined) throw new Error('sigmoid gives no tensor')
  return s
}

// kernels ----------------------------------------------------------------------------------------

const rmsNorm: Kernel = ({ backend, inputs: { x, gain }, attrs: { epsilon } }) => {
  if (x === undefined || gain === undefined || typeof epsilon !== 'number') return undefined
  const [rows, width] = rowsOf(x)
  if (!areFloats(x, gain) || sizeOf(gain.shape) !== width) return undefined
  const y = backend.makeOutput(x.shape, 'float32')
  const scale = backend.makeOutput([...x.shape.slice(0, -1), 1], 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).rmsNorm(at(x), at(gain), at(y), at(scale), rows, width, epsilon)
  return [y, scale]
}

const scaled: Kernel = ({ backend, inputs: { x, scale, gain } }) => {
  if (x === undefined || scale === undefined || gain === undefined) return undefined
  const [rows, width] = rowsOf(x)
  if (!areFloats(x, scale, gain) || sizeOf(gain.shape) !== width || sizeOf(scale.shape) !== rows)
    return undefined
  const y = backend.makeOutput(x.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).scaleRows(at(x), at(scale), at(gain), at(y), rows, width)
  return y
}

const rmsNormPullback: Kernel = ({ backend, inputs: { dy, x, scale, gain } }) => {
  if (dy === undefined || x === undefined || scale === undefined || gain === undefined) return undefined
  const [rows, width] = rowsOf(x)
  if (!areFloats(dy, x, scale, gain) || sizeOf(gain.shape) !== width || sizeOf(scale.shape) !== rows)
    return undefined
  const dx = backend.makeOutput(x.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).rmsNormPullback(at(dy), at(x), at(scale), at(gain), at(dx), rows, width)
  return dx
}

const rotate: Kernel = ({ backend, inputs: { x, cos, sin }, attrs: { back } }) => {
  if (x === undefined || cos === undefined || sin === undefined || !areFloats(x, cos, sin)) return undefined
  const [rows = 1, length = 1, heads = 1, width = 0] = x.shape
  const half = width / 2
  const [tables, steps, single, pairs] = cos.shape
  if (x.shape.length !== 4 || (tables !== 1 && tables !== rows) || steps !== length || single !== 1)
    return undefined
  if (pairs !== half || sizeOf(sin.shape) !== sizeOf(cos.shape)) return undefined
  const y = backend.makeOutput(x.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  const stride = tables === 1 ? 0 : length * half
  kernelsOf(backend).rotate(
    ...([at(x), at(cos), at(sin), stride, at(y)] as const),
    ...([rows, length, heads, half, back === true ? 1 : 0] as const),
  )
  return y
}

const gatedSilu: Kernel = ({ backend, inputs: { gate, up } }) => {
  if (gate === undefined || up === undefined || !areFloats(gate, up)) return undefined
  if (sizeOf(gate.shape) !== sizeOf(up.shape)) return undefined
  const y = sigmoidOf(backend, gate)
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).gated(at(gate), at(y), at(up), at(y), sizeOf(gate.shape))
  return y
}

const gatedSiluPullback: Kernel = ({ backend, inputs: { gate, up, dy } }) => {
  if (gate === undefined || up === undefined || dy === undefined || !areFloats(gate, up, dy)) return undefined
  const n = sizeOf(gate.shape)
  if (n !== sizeOf(up.shape) || n !== sizeOf(dy.shape)) return undefined
  const dUp = sigmoidOf(backend, gate)
  const dGate = backend.makeOutput(gate.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).gatedPullback(at(gate), at(dUp), at(up), at(dy), at(dGate), at(dUp), n)
  return [dGate, dUp]
}

const softmaxPullback: Kernel = ({ backend, inputs: { dWeights, weights }, attrs: { factor } }) => {
  if (dWeights === undefined || weights === undefined || typeof factor !== 'number') return undefined
  const [rows, width] = rowsOf(weights)
  if (!areFloats(dWeights, weights) || sizeOf(dWeights.shape) !== rows * width) return undefined
  const ds = backend.makeOutput(weights.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).softmaxPullback(at(dWeights), at(weights), factor, at(ds), rows, width)
  return ds
}

const tokenCrossEntropy: Kernel = ({ backend, inputs: { logits, id, weight } }) => {
  if (logits === undefined || id?.dtype !== 'int32' || weight === undefined) return undefined
  const [rows, width] = rowsOf(logits)
  if (!areFloats(logits, weight) || sizeOf(id.shape) !== rows || sizeOf(weight.shape) !== rows)
    return undefined
  const losses = backend.makeOutput([rows], 'float32')
  const dLogits = backend.makeOutput(logits.shape, 'float32')
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  kernelsOf(backend).crossEntropy(at(logits), at(id), at(weight), at(losses), at(dLogits), rows, width)
  return [losses, dLogits]
}

const adamW: Kernel = ({ backend, inputs: { p, m, v, g }, attrs }) => {
  const { beta1, beta2, decay, root, epsilon, rate } = attrs
  if (p === undefined || m === undefined || v === undefined || g === undefined) return undefined
  if (typeof beta1 !== 'number' || typeof beta2 !== 'number' || typeof decay !== 'number') return undefined
  if (typeof root !== 'number' || typeof epsilon !== 'number' || typeof rate !== 'number') return undefined
  const n = sizeOf(p.shape)
  if (!areFloats(p, m, v, g) || [m, v, g].some(({ shape }) => sizeOf(shape) !== n)) return undefined
  const at = (t: tf.TensorInfo): number => addressOf(backend, t)
  const [toP, toM, toV] = [
    backend.makeOutput(p.shape, 'float32'),
    backend.makeOutput(p.shape, 'float32'),
    backend.makeOutput(p.shape, 'float32'),
  ]
  kernelsOf(backend).adamW(
    ...([at(p), at(m), at(v), at(g), at(toP), at(toM), at(toV), n] as const),
    ...([beta1, 1 - beta1, beta2, 1 - beta2, decay, root, epsilon, rate] as const),
  )
  return [toP, toM, toV]
}

// registration -----------------------------------------------------------------------------------

export const registerFused = (): void => {
  override(fusedNames.rmsNorm, rmsNorm)
  override(fusedNames.rmsNormPullback, rmsNormPullback)
  override(fusedNames.scaled, scaled)
  override(fusedNames.rotate, rotate)
  override(fusedNames.gatedSilu, gatedSilu)
  override(fusedNames.gatedSiluPullback, gatedSiluPullback)
  override(fusedNames.softmaxPullback, softmaxPullback)
  override(fusedNames.tokenCrossEntropy, tokenCrossEntropy)
  override(fusedNames.adamW, adamW)
}
