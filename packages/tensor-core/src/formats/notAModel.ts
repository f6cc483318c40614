/** What a folder holds that was given as a model and has no configuration or no weights to read, and what to give instead. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, badInput } from '../contracts'
import { attemptRead, readJson, readOptional } from '../files/input'

// model ------------------------------------------------------------------------------------------

interface Explained {
  /** It continues a sentence that begins with the folder's name. */
  readonly message: string
  readonly remedy: string
}

const AdapterConfig = t.type({ base_model_name_or_path: t.string })

// explaining -------------------------------------------------------------------------------------

const adapter = (base: string | undefined): Explained => ({
  message: 'holds a PEFT adapter, not a model',
  remedy: `give its base model${base === undefined ? '' : ` (${base})`} here, and this folder as \`adapter\``,
})

const pickles = (name: string): Explained => ({
  message: `has its weights only in ${name}, which is not read: such a file can run code`,
  remedy:
    'load it with transformers and save it with save_pretrained(..., safe_serialization=True), or take a copy with model.safetensors',
})

/** The first explanation that fits. @param names what the folder holds @param lacks what was looked for */
const explained = (names: ReadonlyArray<string>, lacks: string, base: string | undefined): Explained => {
  const ending = (...endings: ReadonlyArray<string>): string | undefined =>
    names.find((name) => endings.some((e) => name.endsWith(e)))
  const [gguf, pickle] = [ending('.gguf'), ending('.bin', '.pth', '.pt')]
  return names.includes('adapter_config.json') && !names.includes('config.json')
    ? adapter(base)
    : names.includes('snapshots')
      ? {
          message: "is a repository's folder in the hub's cache, not a model",
          remedy: 'give the folder in its snapshots/, or write hub:ORG/NAME',
        }
      : gguf !== undefined
        ? { message: `holds no ${lacks}`, remedy: `give the file itself: ${gguf}` }
        : pickle !== undefined && ending('.safetensors') === undefined
          ? pickles(pickle)
          : {
              message: `${names.length === 0 ? 'is an empty folder' : 'is not a model folder'}: it holds no ${lacks}`,
              remedy: 'give the folder with config.json, model.safetensors and tokenizer.json',
            }
}

/** The fault of a folder that holds no model. @param lacks the file that was looked for and is not there */
export const notAModel = (folder: string, lacks: string): TE.TaskEither<FormatError, never> =>
  pipe(
    TE.Do,
    TE.apS(
      'names',
      attemptRead(folder, () => readdir(folder)),
    ),
    TE.apS('config', readOptional(join(folder, 'adapter_config.json'), readJson)),
    TE.chain(({ names, config }): TE.TaskEither<FormatError, never> => {
      const base = AdapterConfig.is(config) ? config.base_model_name_or_path : undefined
      const { message, remedy } = explained(names, lacks, base)
      return TE.left(badInput('FileMissing', message, { where: folder, remedy }))
    }),
  )
