/**
 * The language model inside a model of text and images (gemma 3 from 4B up): its configuration is `text_config`, its tensors have
 * a prefix of their own. It is read as a model of its own; what belongs to images is left out.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../contracts'
import { damaged, unsupported } from '../files/input'
import type { Checkpoint } from './checkpoint'

type Json = Readonly<Record<string, unknown>>

const isJsonObject = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

// configuration ----------------------------------------------------------------------------------

/** Types of whole models, with the type and the class of their language model. */
const towers: ReadonlyMap<unknown, { readonly type: string; readonly architecture: string }> = new Map([
  ['gemma3', { type: 'gemma3_text', architecture: 'Gemma3ForCausalLM' }],
])

/** Fields that transformers takes from the whole model. */
const outerFields = [
  'dtype',
  'torch_dtype',
  'bos_token_id',
  'eos_token_id',
  'tie_word_embeddings',
  'quantization_config',
  'compression_config',
]

/**
 * The content of `config.json` as of a model without images; any other configuration unchanged.
 *
 * @returns left: no `text_config`, or one of another kind
 */
export const textConfigOf =
  (where: string) =>
  (raw: Json): E.Either<FormatError, Json> => {
    const tower = towers.get(raw['model_type'])
    if (tower === undefined) return E.right(raw)
    const text = raw['text_config']
    if (!isJsonObject(text)) return E.left(damaged(where, 'has no text_config that is a JSON object'))
    const type = text['model_type'] ?? tower.type
    return type === tower.type
      ? E.right({
          ...text,
          ...Object.fromEntries(
            outerFields.flatMap((name) => {
              const value = raw[name]
              return value === undefined || value === null ? [] : [[name, value] as const]
            }),
          ),
          model_type: tower.type,
          architectures: [tower.architecture],
        })
      : E.left(unsupported(where, `text_config of model_type ${JSON.stringify(type)} is not supported`))
  }

// tensors ----------------------------------------------------------------------------------------

/** Prefixes of the language model's tensors: as transformers 4 saves them, and as transformers 5 names them in memory. */
const prefixes: ReadonlyArray<readonly [prefix: string, plain: string]> = [
  ['language_model.model.', 'model.'],
  ['language_model.lm_head.', 'lm_head.'],
  ['model.language_model.', 'model.'],
]

const HEAD = 'lm_head.'

/** The name in a model without images; undefined for a tensor outside the language model. */
const plainName = (name: string): string | undefined => {
  const [prefix, plain] = prefixes.find(([p]) => name.startsWith(p)) ?? []
  return prefix !== undefined && plain !== undefined
    ? plain + name.slice(prefix.length)
    : name.startsWith(HEAD)
      ? name
      : undefined
}

/**
 * The language model's tensors under the names of a model without images; a checkpoint without such prefixes unchanged.
 *
 * @returns left: two tensors with the same place
 */
export const textTensorsOf = (whole: Checkpoint): E.Either<FormatError, Checkpoint> => {
  if (![...whole.tensors.keys()].some((name) => prefixes.some(([p]) => name.startsWith(p))))
    return E.right(whole)
  const sources = new Map<string, string>()
  const tensors = new Map<string, { readonly dtype: string; readonly shape: ReadonlyArray<number> }>()
  for (const [source, place] of whole.tensors) {
    const name = plainName(source)
    if (name === undefined) continue
    const before = sources.get(name)
    if (before !== undefined)
      return E.left(damaged(whole.name, `holds both ${JSON.stringify(before)} and ${JSON.stringify(source)}`))
    sources.set(name, source)
    tensors.set(name, place)
  }
  const sourceOf = (name: string): TE.TaskEither<FormatError, string> =>
    TE.fromEither(
      E.fromNullable(damaged(whole.name, `has no tensor ${JSON.stringify(name)}`))(sources.get(name)),
    )
  return E.right({
    ...whole,
    tensors,
    read: (name) => pipe(sourceOf(name), TE.chain(whole.read)),
    readRaw: (name, room) =>
      pipe(
        sourceOf(name),
        TE.chain((source) => whole.readRaw(source, room)),
        TE.map((tensor) => ({ ...tensor, name })),
      ),
  })
}
