/** The first load of a checkpoint in a process whose engine has already started. */
import { statSync } from 'node:fs'
import { greedy, requestsOf } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { modelFolder, rowsFile, weightsFile } from '../files'
import type { Measured } from '../measured'
import { ownPeakBytes } from '../peakMemory'
import type { Request } from '../request'
import { result, spent } from './result'

export const load = async (
  folder: string,
  { dtype, file }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const { value, seconds } = await spent(() =>
    loadCausalLM({ model: modelFolder(folder, file), ...(dtype === 'float32' ? {} : { dtype }) })(),
  )
  const loadedBytes = ownPeakBytes()
  const lm = result(value)
  // The model is used once: an engine may defer work until then.
  const prompts = result(await readDataset(rowsFile(folder, 'prompts'))()).examples.map((e) => e.prompt)
  const completions = result(await lm.generate(requestsOf(prompts), greedy(1))())
  lm.dispose()
  return {
    seconds: [seconds],
    bytes: statSync(weightsFile(folder, file)).size,
    loadedBytes,
    tokens: completions.map((c) => [...c.tokens]),
  }
}
