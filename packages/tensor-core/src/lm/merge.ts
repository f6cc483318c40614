/** A model folder with an adapter merged into its weights: W + s B A, stored in the type the model had. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError, LmError, LoraModule } from '../contracts'
import {
  type ModelFolder,
  type TensorToWrite,
  adapterWarnings,
  isStoredDtype,
  openModelFolder,
  readAdapter,
  writeModelFolder,
} from '../formats'
import { matMul, tf } from '../engine'
import { checkAdapter } from './inference/adapter'

/** W + s B A on the host. */
const mergedValues = (weight: Float32Array, { A, B, scale }: LoraModule): Float32Array => {
  const out = tf.tidy(() =>
    tf.add(
      tf.tensor2d(weight, [B.rows, A.cols]),
      tf.mul(matMul(tf.tensor2d(B.data, [B.rows, B.cols]), tf.tensor2d(A.data, [A.rows, A.cols])), scale),
    ),
  )
  const values = Float32Array.from(out.dataSync())
  out.dispose()
  return values
}

/**
 * Float tensors are read when their turn to be written comes: never the whole checkpoint in memory. Other tensors are copied as
 * they are; one that the adapter would change is refused by `read`.
 */
const tensorOf = (
  folder: ModelFolder,
  modules: ReadonlyMap<string, LoraModule>,
  name: string,
): TE.TaskEither<FormatError, TensorToWrite> => {
  const place = folder.weights.tensors.get(name)
  const module = modules.get(name.replace(/\.weight$/, ''))
  const dtype = place?.dtype ?? 'F32'
  return !isStoredDtype(dtype)
    ? module === undefined
      ? folder.weights.readRaw(name)
      : pipe(
          folder.weights.read(name),
          TE.chain(() => folder.weights.readRaw(name)),
        )
    : TE.right({
        name,
        dtype,
        shape: place?.shape ?? [],
        values: pipe(
          folder.weights.read(name),
          TE.map((weight) => (module === undefined ? weight : mergedValues(weight, module))),
        ),
      })
}

/** Writes the merged model; the tokenizer's files are copied. One tensor is in memory at a time where it is merged. */
export const mergeAdapter = (
  model: string,
  adapter: string,
  out: string,
  onWarning: (line: string) => void = () => undefined,
): TE.TaskEither<LmError, void> =>
  pipe(
    TE.Do,
    TE.bindW('folder', () => openModelFolder(model)),
    TE.bindW('lora', () => readAdapter(adapter)),
    TE.chainFirstIOK(({ lora }) => () => {
      adapterWarnings(lora).forEach((line) => onWarning(`${adapter}: ${line}`))
    }),
    TE.bindW('modules', ({ folder, lora }) =>
      TE.fromEither(checkAdapter(folder.config, lora, adapter, true)),
    ),
    TE.chainW(({ folder, modules }) =>
      pipe(
        [...folder.weights.tensors.keys()],
        TE.traverseSeqArray((name) => tensorOf(folder, modules, name)),
        TE.chainW((tensors) =>
          writeModelFolder(out, {
            config: folder.config,
            rawConfig: folder.rawConfig,
            companionsFrom: model,
            tensors,
          }),
        ),
      ),
    ),
  )
