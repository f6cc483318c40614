/** Training steps on one batch, or on several batches of unequal length: seconds of each pass over them, all but the first. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { type TrainingRun, recipeDefaults, trainAdapter, trainModel } from '@safe/tensor-core/lm'
import type { Measured } from '../measured'
import { adapterFolder, modelFolder, rowsFile } from '../files'
import type { Request } from '../request'
import { cpuSeconds, result } from './result'

type Steps = Omit<Measured, 'peakBytes'>

/** Runs what `train` does with the request, and reads the steps it reports. */
const steps = async (
  folder: string,
  { dtype, rows, batch, repeat }: Request,
  lr: number,
  train: (run: TrainingRun) => Promise<unknown>,
): Promise<Steps> => {
  const data = result(await readDataset(rowsFile(folder, rows))())
  const perPass = Math.ceil(data.examples.length / batch)
  const [wall, processor, losses]: [number[], number[], number[]] = [[], [], []]
  await train({
    model: modelFolder(folder, dtype),
    ...(dtype === 'float32' ? {} : { dtype }),
    data,
    seed: 1,
    recipe: {
      ...recipeDefaults,
      lr,
      dropout: 0,
      batchSize: batch,
      maxSteps: perPass * (1 + repeat),
      shuffle: false,
      // As transformers: the mean over all response tokens of the batch.
      loss: 'token',
    },
    onStep: ({ seconds, loss }) => {
      wall.push(seconds)
      processor.push(cpuSeconds())
      losses.push(loss)
    },
  })
  const passes = Array.from({ length: repeat }, (_, i) =>
    wall.slice(perPass * (i + 1), perPass * (i + 2)).reduce((a, b) => a + b, 0),
  )
  // Processor time between the ends of passes: a step's bookkeeping included.
  const ends = processor.filter((_, i) => (i + 1) % perPass === 0)
  return {
    seconds: passes,
    cpuSeconds: ends.slice(1).map((end, i) => end - (ends[i] ?? NaN)),
    losses,
  }
}

/** Steps of `trainAdapter`. */
export const loraStep = async (folder: string, request: Request): Promise<Steps> => {
  const init = result(await readAdapter(adapterFolder(folder))())
  return steps(folder, request, recipeDefaults.lr, async (run) =>
    result(await trainAdapter({ ...run, init })()),
  )
}

/** Steps of `trainModel`, which writes what it trained: that is not timed. */
export const fullStep = async (folder: string, request: Request): Promise<Steps> => {
  const out = mkdtempSync(join(folder, 'trained-'))
  try {
    return await steps(folder, request, 1e-5, async (run) => result(await trainModel({ ...run, out })()))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}
