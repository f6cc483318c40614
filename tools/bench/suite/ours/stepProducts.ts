/**
 * A training step beside its own matrix products alone: what TensorFlow.js's product kernel is asked for during one step is noted,
 * and the same products are then timed by themselves. Products that an engine reaches by another way are not seen, so this is for
 * wasm and cpu.
 */
import { matMul, tf } from '@safe/tensor-core/engine'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { adapterFolder, modelFolder, rowsFile } from '../files'
import type { Measured } from '../measured'
import type { Request } from '../request'
import { median } from '../statistics'
import { result, spent } from './result'

// the products of a step -------------------------------------------------------------------------

interface Product {
  readonly a: number[]
  readonly b: number[]
  readonly transposeA: boolean
  readonly transposeB: boolean
}

const KERNEL = 'BatchMatMul'

const shapeOf = (input: tf.NamedTensorInfoMap[string] | undefined): number[] => [...(input?.shape ?? [])]

/** Notes every product while `noting.on`. */
const noteProducts = (noting: { on: boolean }): ReadonlyMap<string, { product: Product; times: number }> => {
  const seen = new Map<string, { product: Product; times: number }>()
  const kernel = tf.getKernel(KERNEL, tf.getBackend())
  tf.unregisterKernel(KERNEL, tf.getBackend())
  tf.registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      if (noting.on) {
        const product: Product = {
          a: shapeOf(call.inputs['a']),
          b: shapeOf(call.inputs['b']),
          transposeA: call.attrs?.['transposeA'] === true,
          transposeB: call.attrs?.['transposeB'] === true,
        }
        const key = JSON.stringify(product)
        seen.set(key, { product, times: (seen.get(key)?.times ?? 0) + 1 })
      }
      return kernel.kernelFunc(call)
    },
  })
  return seen
}

const REPETITIONS = 5

const productSeconds = async ({ a, b, transposeA, transposeB }: Product): Promise<number> => {
  const [x, y] = [tf.randomNormal(a), tf.randomNormal(b)]
  const seconds: number[] = []
  for (let i = 0; i <= REPETITIONS; i++) {
    const run = await spent(async () => {
      const out = matMul(x, y, transposeA, transposeB)
      await tf.tidy(() => tf.slice(tf.reshape(out, [-1]), [0], [1])).data()
      out.dispose()
    })
    if (i > 0) seconds.push(run.seconds)
  }
  tf.dispose([x, y])
  return median(seconds)
}

// the task ---------------------------------------------------------------------------------------

export const stepProducts = async (
  folder: string,
  { rows, batch, repeat }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const noting = { on: false }
  const seen = noteProducts(noting)
  const steps: number[] = []
  result(
    await trainAdapter({
      model: modelFolder(folder, 'float32'),
      data: result(await readDataset(rowsFile(folder, rows))()),
      init: result(await readAdapter(adapterFolder(folder))()),
      seed: 1,
      recipe: { ...recipeDefaults, dropout: 0, batchSize: batch, maxSteps: 2 + repeat, shuffle: false },
      onStep: ({ step, seconds }) => {
        noting.on = step === 0
        if (step > 1) steps.push(seconds)
      },
    })(),
  )
  let alone = 0
  for (const { product, times } of seen.values()) alone += times * (await productSeconds(product))
  return { seconds: steps, plainSeconds: [alone] }
}
