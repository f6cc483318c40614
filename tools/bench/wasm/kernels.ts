/** Timing of single kernels, and of the matrix products of a step alone. */
import { tf } from '@safe/tensor-core/engine'
import { cpuSeconds } from './statistics'

// model ------------------------------------------------------------------------------------------

/** One call of a kernel. */
export interface Call {
  readonly kernel: string
  readonly shape: string
  readonly seconds: number
  readonly product?: { readonly a: number[]; readonly b: number[]; readonly attrs: tf.NamedAttrMap }
}

/** A kernel's inputs; optional ones (a bias) may be undefined. */
type Inputs = Readonly<Record<string, tf.TensorInfo | ReadonlyArray<tf.TensorInfo> | undefined>>

// recording --------------------------------------------------------------------------------------

/** Matrix products, alone and with an addition. */
const products = new Set<string>([tf.BatchMatMul, 'MatMulAdd'])

/** Wraps every kernel in a timer. While the timer is off, a call costs one more test of a flag. */
export const recorder = (): { start: () => void; stop: () => ReadonlyArray<Call>; remove: () => void } => {
  let calls: Call[] = []
  let on = false
  let inside = false
  const originals = tf.getKernelsForBackend('wasm')
  const shown = (inputs: Inputs): string =>
    Object.values(inputs)
      .flat()
      .map((t) => (t === undefined ? '-' : `[${t.shape.join()}]`))
      .join(' ')
  for (const config of originals) {
    tf.unregisterKernel(config.kernelName, 'wasm')
    tf.registerKernel({
      ...config,
      kernelFunc: (params) => {
        if (!on || inside) return config.kernelFunc(params)
        inside = true
        const started = performance.now()
        try {
          return config.kernelFunc(params)
        } finally {
          const seconds = (performance.now() - started) / 1000
          inside = false
          const { a, b } = params.inputs
          const isProduct = products.has(config.kernelName) && a !== undefined && b !== undefined
          calls.push({
            kernel: config.kernelName,
            shape: shown(params.inputs),
            seconds,
            ...(isProduct ? { product: { a: a.shape, b: b.shape, attrs: params.attrs ?? {} } } : {}),
          })
        }
      },
    })
  }
  return {
    start: () => {
      calls = []
      on = true
    },
    stop: () => {
      on = false
      return calls
    },
    remove: () => {
      for (const config of originals) {
        tf.unregisterKernel(config.kernelName, 'wasm')
        tf.registerKernel(config)
      }
    },
  }
}

/** Processor time of the recorded products alone, in the order of the step, by the kernel itself. */
export const productsAlone = (calls: ReadonlyArray<Call>, rounds: number): ReadonlyArray<number> => {
  const kernel = tf.getKernel(tf.BatchMatMul, 'wasm')
  const recorded = calls.flatMap((c) => (c.product === undefined ? [] : [c.product]))
  const operands = new Map<string, tf.Tensor>()
  const of = (shape: number[]): tf.Tensor => {
    const there = operands.get(shape.join()) ?? tf.randomNormal(shape)
    operands.set(shape.join(), there)
    return there
  }
  const work = recorded.map(({ a, b, attrs }) => ({ inputs: { a: of(a), b: of(b) }, attrs }))
  const backend = tf.backend()
  const once = (): void => {
    for (const { inputs, attrs } of work) {
      const out = kernel.kernelFunc({ inputs, attrs, backend })
      if (!Array.isArray(out)) backend.disposeData(out.dataId)
    }
  }
  once()
  once()
  const times = Array.from({ length: rounds }, () => {
    const started = cpuSeconds()
    once()
    return cpuSeconds() - started
  })
  operands.forEach((t) => t.dispose())
  return times
}
