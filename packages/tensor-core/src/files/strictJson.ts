/**
 * JSON in which a key may occur only once per object. `JSON.parse` silently keeps the last of two equal keys, which would let a
 * safetensors header name one tensor twice. Objects become Maps, so no key (`__proto__`) has a special meaning.
 */
import * as E from 'fp-ts/Either'

// model ------------------------------------------------------------------------------------------

export type StrictJson =
  string | number | boolean | null | ReadonlyArray<StrictJson> | ReadonlyMap<string, StrictJson>

// strings ----------------------------------------------------------------------------------------

/**
 * The index after the string whose opening quote is at `at`; -1 where the string does not end. A regular expression would
 * backtrack, and run out of stack on strings of a few megabytes.
 */
export const stringEnd = (text: string, at: number): number => {
  for (let quote = text.indexOf('"', at + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1
    while (text[before] === '\\') before -= 1
    if ((quote - before) % 2 === 1) return quote + 1
  }
  return -1
}

// parsing ----------------------------------------------------------------------------------------

class Refused extends Error {}

/** A string in which nothing is escaped and nothing needs to be. */
const plainString = /^[\u0020-\u0021\u0023-\u005b\u005d-\uffff]*$/
const escapedString = (token: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(token)
    return typeof parsed === 'string' ? parsed : undefined
  } catch {
    return undefined
  }
}
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const wordToken = /true|false|null/y

const parser = (text: string, maxDepth: number, maxValues: number) => {
  const state = { at: 0, values: 0 }
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = state.at
    const found = token.exec(text)?.[0]
    if (found !== undefined) state.at += found.length
    return found
  }
  /** Blanks are spaces, tabs and line ends. */
  const skip = (): void => {
    for (let c = text.charCodeAt(state.at); c === 32 || c === 9 || c === 10 || c === 13;)
      c = text.charCodeAt(++state.at)
  }
  const refuse = (what: string): never => {
    throw new Refused(`${what} at character ${state.at}`)
  }
  const eat = (c: string): boolean => {
    skip()
    if (text[state.at] !== c) return false
    state.at += 1
    return true
  }
  /** A plain whole number of up to fifteen digits, the usual case; undefined for any other value. */
  const digits = (): number | undefined => {
    let number = 0
    let at = state.at
    for (let c = text.charCodeAt(at); c >= 48 && c <= 57; c = text.charCodeAt(++at))
      number = number * 10 + c - 48
    const length = at - state.at
    const after = text[at]
    if (length === 0 || length > 15 || after === '.' || after === 'e' || after === 'E') return undefined
    if (length > 1 && text[state.at] === '0') return undefined
    state.at = at
    return number
  }
  /** One string; `JSON.parse` decides which escapes and characters are allowed. */
  const string = (): string | undefined => {
    if (text[state.at] !== '"') return undefined
    const end = stringEnd(text, state.at)
    if (end === -1) return refuse('a string without an end')
    const inner = text.slice(state.at + 1, end - 1)
    const parsed = plainString.test(inner) ? inner : escapedString(text.slice(state.at, end))
    if (parsed === undefined) return refuse('a string with a forbidden character')
    state.at = end
    return parsed
  }
  const object = (depth: number): ReadonlyMap<string, StrictJson> => {
    const entries = new Map<string, StrictJson>()
    if (eat('}')) return entries
    do {
      skip()
      const key = string() ?? refuse('expected a key')
      if (entries.has(key)) refuse(`the key ${JSON.stringify(key).slice(0, 80)} occurs twice,`)
      if (!eat(':')) refuse('expected a colon')
      entries.set(key, value(depth))
    } while (eat(','))
    return eat('}') ? entries : refuse('expected a closing brace')
  }
  const array = (depth: number): ReadonlyArray<StrictJson> => {
    const items: Array<StrictJson> = []
    if (eat(']')) return items
    do items.push(value(depth))
    while (eat(','))
    return eat(']') ? items : refuse('expected a closing bracket')
  }
  const value = (depth: number): StrictJson => {
    if (depth > maxDepth) refuse('nested too deeply')
    if (++state.values > maxValues) refuse('too many values')
    if (eat('{')) return object(depth + 1)
    if (eat('[')) return array(depth + 1)
    const own = string()
    if (own !== undefined) return own
    const small = digits()
    if (small !== undefined) return small
    const word = take(wordToken)
    if (word !== undefined) return word === 'null' ? null : word === 'true'
    const number = take(numberToken)
    return number === undefined ? refuse('unexpected text') : Number(number)
  }
  return (): StrictJson => {
    const parsed = value(0)
    skip()
    return state.at === text.length ? parsed : refuse('text after the end')
  }
}

/** Largest number of values: enough for 400,000 tensors, ten times what the largest models have. */
const mostValues = 1 << 22

/** Parses strict JSON. @returns left: what is wrong, and at which character */
export const parseStrictJson = (
  text: string,
  maxDepth = 64,
  maxValues = mostValues,
): E.Either<string, StrictJson> =>
  E.tryCatch(parser(text, maxDepth, maxValues), (cause) =>
    cause instanceof Refused ? cause.message : 'cannot be parsed',
  )
