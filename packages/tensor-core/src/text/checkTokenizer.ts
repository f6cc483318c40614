/**
 * Checks of a tokenizer.json before the library builds a tokenizer from it: ids that can be indices of a list, tables of the right
 * type, parts that terminate. The library would accept an id of 4,000,000,000, or pieces of length zero.
 */
import * as E from 'fp-ts/Either'
import type { FormatError } from '../contracts'
import { shownValue, unsupported } from '../files'
import type { Json } from './files'

// limits -----------------------------------------------------------------------------------------

/** Ids must be below this: sixteen times the largest known vocabulary. */
export const maxTokens = 1 << 22
/** Most characters of all added tokens: the library keeps an object for each. */
export const maxAddedCharacters = 1 << 20
/** Most characters of all pieces of a unigram model: the library keeps a map for each. */
export const maxUnigramCharacters = 1 << 22
/** Most characters of a pattern or a replacement. To look for a long text is one step, which no time limit stops. */
export const maxPartCharacters = 4096
/** How many times longer all replacements together may make a text. */
export const maxGrowth = 1024

// parts ------------------------------------------------------------------------------------------

const isJson = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)
const isId = (u: unknown): u is number =>
  typeof u === 'number' && Number.isSafeInteger(u) && u >= 0 && u < maxTokens

const anId = `a whole number from 0 to ${maxTokens - 1}`

/** What is wrong with the vocabulary: its first wrong entry. */
const tableProblem = (vocabulary: unknown): string | undefined => {
  if (!isJson(vocabulary)) return 'field model.vocab must be a table of tokens'
  // JSON's objects inherit nothing that is enumerable; a list of all entries would cost more than the check.
  for (const token in vocabulary) {
    const id = vocabulary[token]
    if (!isId(id)) return `the id of token ${shownValue(token)} must be ${anId}, but is ${shownValue(id)}`
  }
  return undefined
}

const mergesProblem = (merges: unknown): string | undefined => {
  if (!Array.isArray(merges)) return 'field model.merges must be a list'
  const pairs = Array.isArray(merges[0])
  const bad: unknown = merges.find((merge: unknown) =>
    pairs
      ? !(Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === 'string'))
      : typeof merge !== 'string',
  )
  return bad === undefined
    ? undefined
    : `field model.merges has ${shownValue(bad)}, which is not a pair of tokens`
}

const unigramProblem = (model: Json): string | undefined => {
  const pieces = model['vocab']
  if (!Array.isArray(pieces) || pieces.length === 0 || pieces.length > maxTokens)
    return `field model.vocab must be a list of 1 to ${maxTokens} pieces`
  const bad: unknown = pieces.find(
    (p: unknown) =>
      !(Array.isArray(p) && p.length === 2 && typeof p[0] === 'string' && typeof p[1] === 'number'),
  )
  if (bad !== undefined) return `field model.vocab has ${shownValue(bad)}, which is not a piece and its score`
  const characters = pieces.reduce(
    (sum: number, p: unknown) => sum + (Array.isArray(p) ? String(p[0]).length : 0),
    0,
  )
  if (characters > maxUnigramCharacters) return `its pieces have more than ${maxUnigramCharacters} characters`
  const unknown = model['unk_id']
  return unknown === undefined || unknown === null || (isId(unknown) && unknown < pieces.length)
    ? undefined
    : `field model.unk_id must be the number of a piece, but is ${shownValue(unknown)}`
}

const modelProblem = (model: Json): string | undefined => {
  // files of older versions omit the type where it follows from the merges
  const type = model['type'] ?? ('merges' in model ? 'BPE' : undefined)
  switch (type) {
    case 'BPE':
      return tableProblem(model['vocab']) ?? mergesProblem(model['merges'])
    case 'WordPiece':
    case 'WordLevel':
      return tableProblem(model['vocab'])
    case 'Unigram':
      return unigramProblem(model)
    default:
      return `model ${shownValue(type)} is not supported`
  }
}

const addedProblem = (added: unknown): string | undefined => {
  if (!Array.isArray(added)) return undefined
  const tokens = added.filter(isJson)
  const bad = tokens.find(({ id }) => !isId(id))
  if (bad !== undefined)
    return `the id of added token ${shownValue(bad['content'])} must be ${anId}, but is ${shownValue(bad['id'])}`
  const characters = tokens.reduce((sum, { content }) => sum + String(content).length, 0)
  return characters > maxAddedCharacters
    ? `its added tokens have more than ${maxAddedCharacters} characters`
    : undefined
}

/** Texts of a part by the names of their fields; a table of characters is data, and never looked for. */
const textsOf = (part: Json): ReadonlyArray<readonly [string, string]> =>
  Object.entries(part).flatMap(([name, value]): ReadonlyArray<readonly [string, string]> =>
    name === 'precompiled_charsmap'
      ? []
      : typeof value === 'string'
        ? [[name, value]]
        : name === 'pattern' && isJson(value)
          ? textsOf(value)
          : [],
  )

const longText = (part: Json): string | undefined => {
  const found = textsOf(part).find(([, text]) => text.length > maxPartCharacters)
  return found === undefined
    ? undefined
    : `field ${shownValue(found[0])} of ${shownValue(part['type'])} has more than ${maxPartCharacters} characters`
}

/** A part with the parts inside it. */
const partsIn = (part: unknown): ReadonlyArray<Json> =>
  !isJson(part)
    ? []
    : [
        part,
        ...['pretokenizers', 'normalizers', 'decoders', 'processors'].flatMap((list) => {
          const inner = part[list]
          return Array.isArray(inner) ? inner.flatMap(partsIn) : []
        }),
      ]

/** What is wrong with a part: pieces of a fixed length must have a positive length, and what is looked for must be short. */
const partProblem = (part: Json): string | undefined =>
  part['type'] === 'FixedLength' && !(isId(part['length']) && part['length'] > 0)
    ? `FixedLength must have a positive length, but has ${shownValue(part['length'])}`
    : longText(part)

const growthOf = ({ type, content }: Json): number =>
  type === 'Replace' && typeof content === 'string' ? Math.max(1, content.length) : 1

const partsProblem = (parts: ReadonlyArray<Json>): string | undefined => {
  for (const part of parts) {
    const problem = partProblem(part)
    if (problem !== undefined) return problem
  }
  return parts.reduce((growth, part) => growth * growthOf(part), 1) > maxGrowth
    ? `its replacements make a text more than ${maxGrowth} times longer`
    : undefined
}

// checking ---------------------------------------------------------------------------------------

/** Checks a tokenizer.json. @returns left: the part that cannot be used, by name */
export const checkTokenizer = (path: string, json: Json): E.Either<FormatError, Json> => {
  const model = json['model']
  const problem =
    (isJson(model) ? modelProblem(model) : 'it has no model') ??
    addedProblem(json['added_tokens']) ??
    (isJson(model) ? longText(model) : undefined) ??
    partsProblem(
      ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'].flatMap((name) => partsIn(json[name])),
    )
  return problem === undefined
    ? E.right(json)
    : E.left(unsupported(path, `this tokenizer cannot be used (${problem})`))
}
