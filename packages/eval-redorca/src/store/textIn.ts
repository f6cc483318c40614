/** A small file as text, where it may be that there is none. */
import { readFile } from 'node:fs/promises'
import { codeOf } from '@safe/tensor-core/files'

/** Undefined where there is no such file; rejects where it cannot be read. */
export const textIn = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  }
}
