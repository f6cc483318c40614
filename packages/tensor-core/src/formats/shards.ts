/** Writes the weights of a model folder: one safetensors file, or shards of limited size and their index. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../contracts'
import { writeWhole } from '../files/output'
import { type TensorToWrite, byteLength, writeSafetensors } from './safetensors'

/** Tensors in their order, in groups of at most `limit` bytes; a tensor above the limit has a group of its own. */
const grouped = (
  tensors: ReadonlyArray<TensorToWrite>,
  limit: number,
): ReadonlyArray<ReadonlyArray<TensorToWrite>> => {
  const groups: Array<Array<TensorToWrite>> = [[]]
  let bytes = 0
  for (const tensor of tensors) {
    const more = byteLength(tensor)
    const last = groups[groups.length - 1]
    if (last === undefined || (last.length > 0 && bytes + more > limit)) {
      groups.push([tensor])
      bytes = more
    } else {
      last.push(tensor)
      bytes += more
    }
  }
  return groups
}

const numbered = (i: number): string => String(i).padStart(5, '0')

/**
 * Writes `model.safetensors`, or `model-00001-of-0000N.safetensors` and `model.safetensors.index.json` where the weights have more
 * than `limit` bytes.
 */
export const writeWeights = (
  folder: string,
  tensors: ReadonlyArray<TensorToWrite>,
  limit = Infinity,
): TE.TaskEither<FormatError, void> => {
  const groups = grouped(tensors, limit)
  if (groups.length === 1)
    return writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' })
  const named = groups.map(
    (group, i) => [`model-${numbered(i + 1)}-of-${numbered(groups.length)}.safetensors`, group] as const,
  )
  return pipe(
    named,
    TE.traverseSeqArray(([name, group]) => writeSafetensors(join(folder, name), group, { format: 'pt' })),
    TE.chain(() =>
      writeWhole(
        join(folder, 'model.safetensors.index.json'),
        `${JSON.stringify(
          {
            metadata: { total_size: tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0) },
            weight_map: Object.fromEntries(
              named.flatMap(([name, group]) => group.map((tensor) => [tensor.name, name] as const)),
            ),
          },
          null,
          2,
        )}\n`,
      ),
    ),
  )
}
