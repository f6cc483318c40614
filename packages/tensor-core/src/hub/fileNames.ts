/** Names of files in a repository: which are safe to have in the cache, and which of them a model or an adapter needs. */
import { globMatch } from '@huggingface/hub'
import { companionNames } from '../files/companionNames'

// safety -----------------------------------------------------------------------------------------

/**
 * Whether a name stays inside the folder that it is joined to, on every system: relative, with slashes, without `..`, drives,
 * backslashes and control characters.
 */
export const isSafeName = (name: string): boolean =>
  name.length <= 1024 &&
  !/[\\\u0000-\u001f\u007f]/.test(name) &&
  name.split('/').every((part) => !/^(\.{0,2}$|[A-Za-z]:)/.test(part) && Buffer.byteLength(part) <= 255)

// selection --------------------------------------------------------------------------------------

/** What is fetched of a repository; `shards` are the weight files that a fetched index names. */
export interface Selection {
  readonly first: (names: ReadonlyArray<string>) => ReadonlyArray<string>
  /** What the repository lacks where nothing is selected: "no file x". */
  readonly absent: string
  /** The index of shards among the selected names, to be read before the shards are fetched. */
  readonly index?: string
}

const singleFile = 'model.safetensors'
const shardIndex = 'model.safetensors.index.json'

const smallFiles = new Set(['config.json', ...companionNames])
const adapterFiles = new Set(['adapter_config.json', 'adapter_model.safetensors'])

/** Weights of a model: one file, or an index whose shards follow, or whatever safetensors files stand at the top. */
const weightFiles = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = [singleFile, shardIndex].find((name) => names.includes(name))
  return known !== undefined
    ? [known]
    : names.filter((name) => !name.includes('/') && name.endsWith('.safetensors'))
}

/** Configuration, tokenizer, templates and safetensors weights of a model; of an adapter repository its two files. */
export const modelFiles: Selection = {
  first: (names) => [
    ...names.filter((name) => smallFiles.has(name) || name === 'adapter_config.json'),
    ...weightFiles(names),
  ],
  absent: 'none of the files of a model',
  index: shardIndex,
}

/** A model without its weights. */
export const tokenizerFiles: Selection = {
  first: (names) => names.filter((name) => smallFiles.has(name)),
  absent: 'none of the files of a tokenizer',
}

/** Configuration and weights of a PEFT adapter. */
export const adapterOnly: Selection = {
  first: (names) => names.filter((name) => adapterFiles.has(name)),
  absent: 'no adapter_config.json and no adapter_model.safetensors',
}

/** One file. */
export const oneFile = (path: string): Selection => ({
  first: (names) => names.filter((name) => name === path),
  absent: `no file ${path}`,
})

/** Every file that a pattern matches; `*` stands for any characters, slashes too. */
export const matching = (patterns: ReadonlyArray<string>): Selection => ({
  first: (names) => names.filter((name) => patterns.some((pattern) => globMatch(pattern, name))),
  absent: `no file that matches ${patterns.join(' or ')}`,
})
