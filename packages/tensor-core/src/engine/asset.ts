/**
 * Files that ship beside the modules which use them: kernels in their own language. They are in `src` when running from sources,
 * and the build copies them to `dist`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type EngineError, causeLine, failure, faultLine } from '../contracts'

/**
 * The content of a file in a module's folder (`__dirname`).
 * @returns left `EngineFailed` if it is missing: the package is incomplete.
 */
export const readAsset = (folder: string, name: string): E.Either<EngineError, Buffer> => {
  const where = join(folder, name)
  return E.tryCatch(
    () => readFileSync(where),
    (cause) =>
      failure('EngineFailed', `a file of this package cannot be read: ${causeLine(cause)}`, {
        where,
        remedy: 'install @safe/tensor-core again',
      }),
  )
}

/** The same for kernels, which TensorFlow.js calls and which report by throwing. */
export const assetOrThrow = (folder: string, name: string): Buffer => {
  const content = readAsset(folder, name)
  if (E.isLeft(content)) throw new Error(faultLine(content.left))
  return content.right
}
