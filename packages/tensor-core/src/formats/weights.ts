/** A checkpoint as one source of tensors: a single safetensors or GGUF file, or a folder with one file, or with shards and an index. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../contracts'
import { decodeAs } from '../files/decode'
import { damaged, kindOf, readJson } from '../files/input'
import type { Checkpoint } from './checkpoint'
import { isGgufPath, openGgufModel } from './gguf'
import { notAModel } from './notAModel'
import { type SafetensorsFile, readSafetensors } from './safetensors'
import { textTensorsOf } from './textTower'

// model ------------------------------------------------------------------------------------------

const ShardIndex = t.type({ weight_map: t.record(t.string, t.string) }, 'a shard index')

// shards -----------------------------------------------------------------------------------------

/** A shard must be in the folder itself: an index must not be able to reach other files of the machine. */
const isPlainFileName = (name: string): boolean =>
  name.endsWith('.safetensors') && !/[/\\\0:]/.test(name) && !name.startsWith('.')

const shardNames = (
  indexPath: string,
  map: Readonly<Record<string, string>>,
): E.Either<FormatError, ReadonlyArray<string>> => {
  const names = [...new Set(Object.values(map))].sort()
  const bad = names.find((name) => !isPlainFileName(name))
  return bad !== undefined
    ? E.left(damaged(indexPath, `names the shard ${JSON.stringify(bad)}, which is not a file of this folder`))
    : names.length === 0
      ? E.left(damaged(indexPath, 'names no shard'))
      : E.right(names)
}

/** Joins shards. Every tensor of the index must be in the shard that it names; tensors outside the index are ignored. */
const joinShards = (
  folder: string,
  indexPath: string,
  map: Readonly<Record<string, string>>,
  shards: ReadonlyArray<readonly [string, SafetensorsFile]>,
): E.Either<FormatError, Checkpoint> => {
  const byName = new Map(shards)
  const home = new Map<string, SafetensorsFile>()
  const tensors = new Map<string, { dtype: string; shape: ReadonlyArray<number> }>()
  for (const [tensor, shard] of Object.entries(map)) {
    const file = byName.get(shard)
    const place = file?.tensors.get(tensor)
    if (file === undefined || place === undefined)
      return E.left(
        damaged(indexPath, `places tensor ${JSON.stringify(tensor)} in ${shard}, which does not hold it`),
      )
    home.set(tensor, file)
    tensors.set(tensor, place)
  }
  const at = (name: string): E.Either<FormatError, SafetensorsFile> =>
    E.fromNullable(damaged(folder, `has no tensor ${JSON.stringify(name)}`))(home.get(name))
  return E.right({
    name: folder,
    tensors,
    metadata: shards[0]?.[1].metadata ?? {},
    read: (name) =>
      pipe(
        TE.fromEither(at(name)),
        TE.chain((file) => file.read(name)),
      ),
    readRaw: (name, room) =>
      pipe(
        TE.fromEither(at(name)),
        TE.chain((file) => file.readRaw(name, room)),
      ),
    fingerprint: pipe(
      shards,
      RA.map(([, file]) => file.fingerprint),
      TE.sequenceSeqArray,
      TE.map((parts) => createHash('sha256').update(parts.join('\n')).digest('hex')),
    ),
  })
}

const openShards = (folder: string): TE.TaskEither<FormatError, Checkpoint> => {
  const indexPath = join(folder, 'model.safetensors.index.json')
  return pipe(
    readJson(indexPath),
    TE.chainEitherK(decodeAs<FormatError['_tag']>('FileDamaged')(ShardIndex, indexPath)),
    TE.chain(({ weight_map: map }) =>
      pipe(
        TE.fromEither(shardNames(indexPath, map)),
        TE.chain((names) =>
          pipe(
            names,
            TE.traverseSeqArray((name) =>
              pipe(
                readSafetensors(join(folder, name)),
                TE.map((file) => [name, file] as const),
              ),
            ),
          ),
        ),
        TE.chainEitherK((shards) => joinShards(folder, indexPath, map, shards)),
      ),
    ),
  )
}

// opening ----------------------------------------------------------------------------------------

/**
 * Opens a `.safetensors` or `.gguf` file, or a Hugging Face folder with `model.safetensors` or its shards. Tensors stay on disk until they
 * are read; `read` refuses tensors that are not F64, F32, F16 or BF16.
 *
 * A folder of a model with images gives its language model, under the names that a model without images has.
 *
 * @returns left: nothing there, a damaged header, or an index that does not fit its shards
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isRight } from 'fp-ts/Either'
 * import { openWeights, writeSafetensors } from '@safe/tensor-core/formats'
 *
 * const tensor = { name: 'gain', dtype: 'BF16', shape: [2], values: Float32Array.of(1, 0.5) } as const
 * assert(isRight(await writeSafetensors('model.safetensors', [tensor])()))
 *
 * const weights = await openWeights('model.safetensors')()
 * assert(isRight(weights))
 * assert.deepStrictEqual(await weights.right.read('gain')(), { _tag: 'Right', right: Float32Array.of(1, 0.5) })
 * ```
 */
export const openWeights = (path: string): TE.TaskEither<FormatError, Checkpoint> =>
  pipe(
    kindOf(path),
    TE.chain((kind): TE.TaskEither<FormatError, Checkpoint> => {
      if (kind !== 'folder' && isGgufPath(path))
        return pipe(
          openGgufModel(path),
          TE.map(({ weights }) => weights),
        )
      if (kind !== 'folder') return readSafetensors(path)
      const single = join(path, 'model.safetensors')
      return pipe(
        TE.Do,
        TE.apS('single', kindOf(single)),
        TE.apS('index', kindOf(join(path, 'model.safetensors.index.json'))),
        TE.chain(({ single: one, index }) =>
          one === 'file'
            ? readSafetensors(single)
            : index === 'file'
              ? openShards(path)
              : notAModel(path, 'model.safetensors and no model.safetensors.index.json'),
        ),
        TE.chainEitherK(textTensorsOf),
      )
    }),
  )
