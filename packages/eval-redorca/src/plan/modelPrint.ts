/**
 * A hash of a model folder or GGUF file that does not read gigabytes: the weights' fingerprint and the contents of the small files.
 */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { isGgufPath, openWeights } from '@safe/tensor-core/formats'

/** Configuration, tokenizer and templates: all text files of a model folder. */
const isText = (name: string): boolean => /\.(json|jinja|txt|model)$/.test(name)

const texts = (folder: string): TE.TaskEither<Fault, ReadonlyArray<readonly [string, string]>> =>
  TE.tryCatch(
    async () => {
      const names = (await readdir(folder)).filter(isText).sort()
      return Promise.all(
        names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const),
      )
    },
    (cause) =>
      badInput('FileMissing', `cannot be read (${causeLine(cause)})`, {
        where: folder,
        remedy: 'give a model folder',
      }),
  )

/** The fingerprint of a model's weights alone, by which judges name the model they ask. */
export const checkpointOf = (folder: string): TE.TaskEither<Fault, string> =>
  pipe(
    openWeights(folder),
    TE.chain((weights) => weights.fingerprint),
  )

/** The fingerprint of a model folder. Weights above 64 MiB are identified by header, size, time and samples. */
export const modelPrint = (folder: string): TE.TaskEither<Fault, string> =>
  pipe(
    // a GGUF file has no other files: its fingerprint covers its metadata
    isGgufPath(folder) ? TE.right([]) : texts(folder),
    TE.bindTo('files'),
    TE.bindW('weights', () => checkpointOf(folder)),
    TE.map(contentHash),
  )
