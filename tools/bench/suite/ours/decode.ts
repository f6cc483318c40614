/** Greedy decoding of a batch with a cache, prompts included. */
import { greedy, requestsOf } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { loadCausalLM } from '@safe/tensor-core/lm'
import { modelFolder, rowsFile } from '../files'
import type { Measured } from '../measured'
import type { Request } from '../request'
import { result, spent } from './result'

export const decode = async (
  folder: string,
  { dtype, batch, repeat, newTokens }: Request,
): Promise<Omit<Measured, 'peakBytes'>> => {
  const lm = result(
    await loadCausalLM({
      model: modelFolder(folder, dtype),
      ...(dtype === 'float32' ? {} : { dtype }),
      batchSize: batch,
    })(),
  )
  const prompts = result(await readDataset(rowsFile(folder, 'prompts'))()).examples.map((e) => e.prompt)
  const runs = []
  for (let i = 0; i <= repeat; i++)
    runs.push(await spent(() => lm.generate(requestsOf(prompts), greedy(newTokens))()))
  lm.dispose()
  const first = runs[0]
  return {
    seconds: runs.slice(1).map((r) => r.seconds),
    cpuSeconds: runs.slice(1).map((r) => r.cpu),
    tokens: first === undefined ? [] : result(first.value).map((c) => [...c.tokens]),
  }
}
