/** The gradients of every example of a batch from one backward pass, compared with the ordinary backward pass of the same batch. */
import { tf } from '@safe/tensor-core/engine'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { openGradientOracle, recipeDefaults } from '@safe/tensor-core/lm'
import { adapterFolder, modelFolder, rowsFile } from '../files'
import type { Measured } from '../measured'
import type { Request } from '../request'
import { result, spent } from './result'

const pass = { kind: 'deterministic' } as const

/** |a - b| / |b| */
const relativeDifference = (a: tf.Tensor, b: tf.Tensor): number => {
  const out = tf.tidy(() => tf.div(tf.norm(tf.sub(a, b)), tf.norm(b)))
  const [value = NaN] = out.dataSync()
  out.dispose()
  return value
}

export const perExample = async (
  folder: string,
  { dtype, rows, batch, repeat }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const data = result(await readDataset(rowsFile(folder, rows))())
  const init = result(await readAdapter(adapterFolder(folder))())
  const recipe = { ...recipeDefaults, dropout: 0, batchSize: batch }
  const opened = result(
    await openGradientOracle({
      model: modelFolder(folder, dtype),
      ...(dtype === 'float32' ? {} : { dtype }),
      data,
      init,
      recipe,
      seed: 1,
    })(),
  )
  const { oracle } = opened
  const examples = opened.rows.slice(0, batch).map((r) => r.example)
  const each = async (): Promise<tf.Tensor> => {
    const gradients = result(await oracle.gradients(examples, pass)())
    const mean = gradients.weightedMean(new Float32Array(batch).fill(1))
    gradients.dispose()
    return mean
  }
  const plain = async (): Promise<tf.Tensor> => result(await oracle.mean(examples, pass)()).gradient
  const [seconds, plainSeconds]: [number[], number[]] = [[], []]
  let difference = 0
  for (let i = 0; i <= repeat; i++) {
    const a = await spent(each)
    const b = await spent(plain)
    difference = Math.max(difference, relativeDifference(a.value, b.value))
    tf.dispose([a.value, b.value])
    if (i === 0) continue
    seconds.push(a.seconds)
    plainSeconds.push(b.seconds)
  }
  opened.dispose()
  return { seconds, plainSeconds, difference }
}
