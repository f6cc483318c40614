/** The device of the engines that do not use a GPU. */
import { cpus } from 'node:os'

/** The processor's name and its cores: `AMD EPYC, 2 cores`. */
export const processorName = (): string => {
  const all = cpus()
  const name = all[0]?.model.trim()
  return `${name === undefined || name === '' ? 'unknown processor' : name}, ${all.length} ${all.length === 1 ? 'core' : 'cores'}`
}
