/** Reading long prompts into a cache, and the best speed of this engine's square products in the same process. */
import { matMul, tf } from '@safe/tensor-core/engine'
import { readDataset } from '@safe/tensor-core/formats'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { modelFolder, rowsFile } from '../files'
import type { Measured } from '../measured'
import type { Request } from '../request'
import { median } from '../statistics'
import { result, spent } from './result'

const PRODUCTS = 7

/** Operations per second of a square product: the median of several, for the faster form of the right operand. */
const productFlops = async (size: number): Promise<number> => {
  const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])]
  const once = async (transposed: boolean): Promise<number> =>
    (
      await spent(async () => {
        const out = matMul(a, b, false, transposed)
        await tf.tidy(() => tf.slice(out, [0, 0], [1, 1])).data()
        out.dispose()
      })
    ).seconds
  const speeds: number[] = []
  for (const transposed of [false, true]) {
    const seconds: number[] = []
    for (let i = 0; i < PRODUCTS; i++) seconds.push(await once(transposed))
    speeds.push((2 * size ** 3) / median(seconds))
  }
  tf.dispose([a, b])
  return Math.max(...speeds)
}

export const prefill = async (
  folder: string,
  { dtype, repeat, products }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const lm = result(
    await loadCausalLM({
      model: modelFolder(folder, dtype),
      ...(dtype === 'float32' ? {} : { dtype }),
    })(),
  )
  const prompts = result(await readDataset(rowsFile(folder, 'long-prompts'))()).examples.map((e) => e.prompt)
  const once = async (): Promise<ReadonlyArray<Float32Array>> => {
    const session = result(await lm.open(prompts)())
    const logProbs = result(await session.logProbs())
    session.dispose()
    return logProbs
  }
  const runs = []
  for (let i = 0; i <= repeat; i++) runs.push(await spent(once))
  lm.dispose()
  const speeds: number[] = []
  for (const size of products) speeds.push(await productFlops(size))
  return {
    seconds: runs.slice(1).map((r) => r.seconds),
    cpuSeconds: runs.slice(1).map((r) => r.cpu),
    tokens: (runs[0]?.value ?? []).map((row) => [row.indexOf(Math.max(...row))]),
    peakFlops: Math.max(...speeds),
  }
}
