/** Paths of the files of a run, as `reference.py make` names them. */
import { join } from 'node:path'
import type { Dtype } from './request'

export const modelFolder = (folder: string, dtype: Dtype): string =>
  join(folder, dtype === 'float32' ? 'model' : 'model-bfloat16')

export const weightsFile = (folder: string, dtype: Dtype): string =>
  join(modelFolder(folder, dtype), 'model.safetensors')

export const rowsFile = (folder: string, name: string): string => join(folder, `${name}.jsonl`)

export const adapterFolder = (folder: string): string => join(folder, 'adapter')
