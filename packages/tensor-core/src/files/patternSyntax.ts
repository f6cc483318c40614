/** Parser of the regular expressions in adapter configurations: the part of Python's syntax that `boundedPattern.ts` names. */
import * as E from 'fp-ts/Either'

// model ------------------------------------------------------------------------------------------

type Accepts = (c: string) => boolean

export type Node =
  | { readonly kind: 'character'; readonly accepts: Accepts }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly parts: ReadonlyArray<Node> }
  | { readonly kind: 'either'; readonly branches: ReadonlyArray<Node> }
  | { readonly kind: 'repeat'; readonly body: Node; readonly min: number; readonly max: number | undefined }
  | { readonly kind: 'look'; readonly body: Node; readonly negative: boolean }

// characters -------------------------------------------------------------------------------------

class Refused extends Error {}
const refuse = (what: string): never => {
  throw new Refused(what)
}

const isDigit: Accepts = (c) => c >= '0' && c <= '9'
const isWord: Accepts = (c) => /[\p{L}\p{N}_]/u.test(c)
const isSpace: Accepts = (c) => /\s/.test(c)
const not =
  (accepts: Accepts): Accepts =>
  (c) =>
    !accepts(c)

const classes: ReadonlyMap<string, Accepts> = new Map([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['w', isWord],
  ['W', not(isWord)],
  ['s', isSpace],
  ['S', not(isSpace)],
])
const controls: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
])

/** The meaning of the character after a backslash: a class, or one character. */
const escaped = (c: string | undefined): Accepts | string => {
  if (c === undefined) return refuse('ends with a backslash')
  const known = classes.get(c) ?? controls.get(c)
  if (known !== undefined) return known
  return /[A-Za-z0-9]/.test(c) ? refuse(`uses \\${c}, which is not supported`) : c
}

const maxRepeat = 1000
const maxDepth = 100

// parsing ----------------------------------------------------------------------------------------

const parser = (text: string): (() => Node) => {
  const state = { at: 0 }
  const peek = (): string | undefined => text[state.at]
  const eat = (token: string): boolean => {
    if (!text.startsWith(token, state.at)) return false
    state.at += token.length
    return true
  }
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = state.at
    const found = pattern.exec(text)
    if (found !== null) state.at += found[0].length
    return found
  }

  const oneOf = (): Accepts => {
    const negative = eat('^')
    const members: Array<Accepts> = []
    const single = (): Accepts | string => {
      const c = text[state.at++]
      return c === '\\' ? escaped(text[state.at++]) : (c ?? refuse('has an unclosed bracket'))
    }
    for (let first = true; first || peek() !== ']'; first = false) {
      const low = single()
      if (typeof low !== 'string') {
        members.push(low)
      } else if (peek() === '-' && text[state.at + 1] !== ']' && text[state.at + 1] !== undefined) {
        state.at += 1
        const high = single()
        if (typeof high !== 'string' || high < low) refuse('has an impossible range')
        members.push((c) => c >= low && c <= high)
      } else members.push((c) => c === low)
    }
    state.at += 1
    const any: Accepts = (c) => members.some((accepts) => accepts(c))
    return negative ? not(any) : any
  }

  const group = (depth: number): Node => {
    const look = take(/\?[=!]/y)?.[0]
    if (look === undefined && peek() === '?' && take(/\?:|\?P<\w+>/y) === null)
      refuse('uses a group that is not supported (lookbehind, flags or a reference)')
    const body = either(depth + 1)
    if (!eat(')')) refuse('has an unclosed parenthesis')
    return look === undefined ? body : { kind: 'look', body, negative: look === '?!' }
  }

  const atom = (depth: number): Node => {
    const c = text[state.at++]
    switch (c) {
      case '.':
        return { kind: 'character', accepts: (x) => x !== '\n' }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '[':
        return { kind: 'character', accepts: oneOf() }
      case '(':
        return group(depth)
      case '*':
      case '+':
      case '?':
        return refuse('repeats nothing')
      default: {
        const one = c === '\\' ? escaped(text[state.at++]) : (c ?? '')
        return { kind: 'character', accepts: typeof one === 'string' ? (x) => x === one : one }
      }
    }
  }

  const repeated = (body: Node): Node => {
    const found = take(/[*+?]|\{(\d{0,4})(,?)(\d{0,4})\}/y)
    if (found === null) return body
    const [all, low, comma, high] = found
    if (all.startsWith('{') && low === '' && high === '') refuse('has an unclear repetition')
    const least = all === '+' ? 1 : low === undefined || low === '' ? 0 : Number(low)
    const most =
      all === '?'
        ? 1
        : all === '*' || all === '+'
          ? undefined
          : comma === ''
            ? least
            : high === ''
              ? undefined
              : Number(high)
    if (least > maxRepeat || (most !== undefined && (most > maxRepeat || most < least)))
      refuse('repeats too much')
    eat('?')
    if (/[*+?]/.test(peek() ?? '')) refuse('repeats a repetition')
    return { kind: 'repeat', body, min: least, max: most }
  }

  const either = (depth: number): Node => {
    if (depth > maxDepth) refuse('is nested too deeply')
    const branches: Array<Node> = []
    do {
      const parts: Array<Node> = []
      for (let c = peek(); c !== undefined && c !== '|' && c !== ')'; c = peek())
        parts.push(repeated(atom(depth)))
      branches.push({ kind: 'sequence', parts })
    } while (eat('|'))
    return { kind: 'either', branches }
  }

  return () => {
    const node = either(0)
    return state.at === text.length ? node : refuse('has an unmatched parenthesis')
  }
}

/** @returns left: the reason why the pattern is refused */
export const parsePattern = (pattern: string): E.Either<string, Node> =>
  E.tryCatch(parser(pattern), (cause) =>
    cause instanceof Refused ? `the pattern ${cause.message}` : 'the pattern cannot be parsed',
  )
