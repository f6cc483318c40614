/** The model in a GGUF file: its configuration, and its tensors under the names and in the layout of Hugging Face checkpoints. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { damaged, unsupported } from '../../files/input'
import type { Checkpoint } from '../checkpoint'
import type { ModelConfig } from '../model/config'
import { engineRoom } from '../safetensors'
import { architectureOf, ggufConfig } from './config'
import { type GgufFile, openGguf } from './file'
import type { GgufPlace } from './header'
import { type GgufArchitecture, type HfTensor, hfTensor, restoreRows } from './names'
import { isFloatType } from './types'

// model ------------------------------------------------------------------------------------------

export interface GgufModel {
  readonly file: GgufFile
  readonly architecture: GgufArchitecture
  readonly config: ModelConfig
  readonly weights: Checkpoint
}

interface Mapped extends HfTensor {
  readonly place: GgufPlace
}

const FACTORS = 'rope_freqs.weight'
/** Most entries of `rope_freqs.weight`: half the width of a head. */
const mostFactors = 1 << 16

// tensors ----------------------------------------------------------------------------------------

const headsOf = (config: ModelConfig, { layout }: HfTensor): number =>
  layout === 'query-rows' ? config.heads : layout === 'key-rows' ? config.kvHeads : 0

/** @returns left: a tensor that the architecture does not have, or rows that are no whole heads */
const mappedTensors = (
  file: GgufFile,
  architecture: GgufArchitecture,
  config: ModelConfig,
): E.Either<FormatError, ReadonlyMap<string, Mapped>> => {
  const mapped = new Map<string, Mapped>()
  for (const [name, place] of file.tensors) {
    if (name === FACTORS) continue
    const tensor = hfTensor(architecture, name)
    if (tensor === undefined)
      return E.left(
        unsupported(
          file.path,
          `holds the tensor ${JSON.stringify(name.slice(0, 200))}, which ${architecture} does not have here`,
        ),
      )
    const heads = headsOf(config, tensor)
    if (heads > 0 && (place.shape[0] ?? 0) % (2 * heads) !== 0)
      return E.left(damaged(file.path, `tensor ${name} has rows that are not ${heads} heads`))
    mapped.set(tensor.name, { ...tensor, place })
  }
  return E.right(mapped)
}

/** What the tensor is read as: its own type, or float32 where it is quantised or its values are changed. */
const readAs = ({ place, layout }: Mapped): string =>
  isFloatType(place.type.name) && layout !== 'plus-one' ? place.type.name : 'F32'

const elements = ({ shape }: GgufPlace): number => shape.reduce((n, d) => n * d, 1)

const restore = (tensor: Mapped, config: ModelConfig, bytes: Uint8Array): void => {
  const heads = headsOf(config, tensor)
  if (heads > 0) restoreRows(bytes, tensor.place.shape[0] ?? 0, heads)
}

/** Fills `out` with the values of the checkpoint in float32. */
const fillValues = (
  file: GgufFile,
  config: ModelConfig,
  tensor: Mapped,
  out: Float32Array,
): TE.TaskEither<FormatError, Float32Array> =>
  pipe(
    file.readValues(tensor.place, out),
    TE.map(() => {
      restore(tensor, config, new Uint8Array(out.buffer, out.byteOffset, out.byteLength))
      if (tensor.layout === 'plus-one') for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) - 1
      return out
    }),
  )

const floatsOver = (bytes: Uint8Array): Float32Array | undefined =>
  bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : undefined

/** Fills `bytes` with the tensor as what it is read as. */
const fillBytes = (
  file: GgufFile,
  config: ModelConfig,
  tensor: Mapped,
  bytes: Uint8Array,
): TE.TaskEither<FormatError, Uint8Array> => {
  if (tensor.layout !== 'plus-one' && isFloatType(tensor.place.type.name))
    return pipe(
      file.readBytes(tensor.place, bytes),
      TE.map(() => {
        restore(tensor, config, bytes)
        return bytes
      }),
    )
  const over = floatsOver(bytes)
  return pipe(
    fillValues(file, config, tensor, over ?? new Float32Array(elements(tensor.place))),
    TE.map((values) => {
      if (over === undefined) bytes.set(new Uint8Array(values.buffer))
      return bytes
    }),
  )
}

const checkpointOf = (
  file: GgufFile,
  config: ModelConfig,
  tensors: ReadonlyMap<string, Mapped>,
): Checkpoint => {
  const found = (name: string): TE.TaskEither<FormatError, Mapped> =>
    TE.fromNullable(damaged(file.path, `has no tensor ${JSON.stringify(name)}`))(tensors.get(name))
  return {
    name: file.path,
    metadata: {},
    tensors: new Map(
      [...tensors].map(([name, tensor]) => [
        name,
        { dtype: readAs(tensor), shape: tensor.place.shape, storedAs: tensor.place.type.name },
      ]),
    ),
    read: (name) =>
      pipe(
        found(name),
        TE.chain((tensor) => fillValues(file, config, tensor, new Float32Array(elements(tensor.place)))),
      ),
    readRaw: (name, room = engineRoom) =>
      pipe(
        found(name),
        TE.chain((tensor) => {
          const dtype = readAs(tensor)
          const bytes = room(elements(tensor.place) * (dtype === 'F32' ? 4 : 2))
          return pipe(
            fillBytes(file, config, tensor, bytes),
            TE.map(() => ({ name, dtype, shape: tensor.place.shape, bytes })),
          )
        }),
      ),
    fingerprint: file.fingerprint,
  }
}

// opening ----------------------------------------------------------------------------------------

/** Factors of the rotary frequencies, where the file has them. */
const factorsOf = (file: GgufFile): TE.TaskEither<FormatError, ReadonlyArray<number> | undefined> => {
  const place = file.tensors.get(FACTORS)
  if (place === undefined) return TE.right(undefined)
  if (elements(place) > mostFactors)
    return TE.left(damaged(file.path, `${FACTORS} has ${elements(place)} entries`))
  const values = new Float32Array(elements(place))
  return pipe(
    file.readValues(place, values),
    TE.map(() => Array.from(values)),
  )
}

/** Opens the model in a GGUF file; tensors stay on disk until they are read. */
export const openGgufModel = (path: string): TE.TaskEither<FormatError, GgufModel> =>
  pipe(
    TE.Do,
    TE.bind('file', () => openGguf(path)),
    TE.bind('architecture', ({ file }) => TE.fromEither(architectureOf(file))),
    TE.bind('factors', ({ file }) => factorsOf(file)),
    TE.bind('config', ({ file, architecture, factors }) =>
      TE.fromEither(ggufConfig(file, architecture, factors)),
    ),
    TE.bind('mapped', ({ file, architecture, config }) =>
      TE.fromEither(mappedTensors(file, architecture, config)),
    ),
    TE.map(({ file, architecture, config, mapped }) => ({
      file,
      architecture,
      config,
      weights: checkpointOf(file, config, mapped),
    })),
  )
