/** Hashes of the values that stages pass on: two data sets or adapters with the same hash give the same results. */
import { createHash } from 'node:crypto'
import type { Dataset, LoraAdapter } from '../contracts'
import { canonicalJson, shortHash } from '../files'

/** A hash of the rows in their order. The data set's name has no effect. */
export const dataHash = (data: Dataset): string => {
  const hash = createHash('sha256')
  for (const { id, prompt, response, raw } of data.examples)
    hash.update(canonicalJson([id, prompt, response, raw])).update('\n')
  return shortHash(hash.digest('hex'))
}

/** A hash of the names, shapes, scales and factors of all modules. */
export const adapterHash = (adapter: LoraAdapter): string => {
  const hash = createHash('sha256')
  for (const { name, A, B, scale } of adapter.modules)
    for (const { rows, cols, data } of [A, B])
      hash
        .update(canonicalJson([name, rows, cols, scale]))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return shortHash(hash.digest('hex'))
}
