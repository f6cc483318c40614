/** Steps of `trainAdapter` on one batch, or on several batches of unequal length: seconds of each pass over them. */
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import type { Measured } from '../measured'
import { adapterFolder, modelFolder, rowsFile } from '../files'
import type { Request } from '../request'
import { cpuSeconds, result } from './result'

export const loraStep = async (
  folder: string,
  { dtype, rows, batch, repeat }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const data = result(await readDataset(rowsFile(folder, rows))())
  const init = result(await readAdapter(adapterFolder(folder))())
  const perPass = Math.ceil(data.examples.length / batch)
  const steps: number[] = []
  const processor: number[] = []
  const losses: number[] = []
  result(
    await trainAdapter({
      model: modelFolder(folder, dtype),
      ...(dtype === 'float32' ? {} : { dtype }),
      data,
      init,
      seed: 1,
      recipe: {
        ...recipeDefaults,
        dropout: 0,
        batchSize: batch,
        maxSteps: perPass * (1 + repeat),
        shuffle: false,
        // As transformers: the mean over all response tokens of the batch.
        loss: 'token',
      },
      onStep: ({ seconds, loss }) => {
        steps.push(seconds)
        processor.push(cpuSeconds())
        losses.push(loss)
      },
    })(),
  )
  const passes = Array.from({ length: repeat }, (_, i) =>
    steps.slice(perPass * (i + 1), perPass * (i + 2)).reduce((a, b) => a + b, 0),
  )
  // Processor time between the ends of passes: a step's bookkeeping included.
  const ends = processor.filter((_, i) => (i + 1) % perPass === 0)
  return {
    seconds: passes,
    cpuSeconds: ends.slice(1).map((end, i) => end - (ends[i] ?? NaN)),
    losses,
  }
}
