/**
 * Regular expressions from files of strangers, matched in bounded time. JavaScript's own engine backtracks: `(a+)+$` can run for
 * years. Here a pattern becomes a small program whose possible states are followed all at once (Thompson, CACM 11(6), 1968), so a
 * match costs at most text length times program size, and with lookaheads once more the text length; both sizes have limits.
 * The syntax is Python's as far as it is used for module names: literals, classes, groups, alternatives, repetition, anchors,
 * lookahead. Back-references, lookbehind and flags are refused.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Node, parsePattern } from './patternSyntax'

// limits -----------------------------------------------------------------------------------------

const maxPatternLength = 1000
const maxProgramLength = 2000
/** Longer texts match nothing: no module has such a name. */
const maxTextLength = 300

// program ----------------------------------------------------------------------------------------

type Instruction =
  | { readonly op: 'character'; readonly accepts: (c: string) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'start' }
  | { readonly op: 'end' }
  /** The program from the next instruction to the `match` before `next` must match here (or must not). */
  | { readonly op: 'look'; readonly negative: boolean; readonly next: number }
  | { readonly op: 'match' }

class TooLarge extends Error {}

const compileNode = (root: Node): ReadonlyArray<Instruction> => {
  const program: Array<Instruction> = []
  const emit = (instruction: Instruction): number => {
    if (program.length >= maxProgramLength) throw new TooLarge()
    return program.push(instruction) - 1
  }
  const split = (): number => emit({ op: 'match' })
  const add = (node: Node): void => {
    switch (node.kind) {
      case 'character':
        emit({ op: 'character', accepts: node.accepts })
        return
      case 'start':
      case 'end':
        emit({ op: node.kind })
        return
      case 'sequence':
        node.parts.forEach(add)
        return
      case 'either': {
        const exits: Array<number> = []
        node.branches.forEach((branch, i) => {
          if (i === node.branches.length - 1) {
            add(branch)
            return
          }
          const fork = split()
          add(branch)
          exits.push(emit({ op: 'match' }))
          program[fork] = { op: 'split', first: fork + 1, second: program.length }
        })
        for (const exit of exits) program[exit] = { op: 'jump', to: program.length }
        return
      }
      case 'repeat': {
        for (let i = 0; i < node.min; i++) add(node.body)
        if (node.max === undefined) {
          const fork = split()
          add(node.body)
          emit({ op: 'jump', to: fork })
          program[fork] = { op: 'split', first: fork + 1, second: program.length }
          return
        }
        const forks: Array<number> = []
        for (let i = node.min; i < node.max; i++) {
          forks.push(split())
          add(node.body)
        }
        for (const fork of forks) program[fork] = { op: 'split', first: fork + 1, second: program.length }
        return
      }
      case 'look': {
        const look = split()
        add(node.body)
        emit({ op: 'match' })
        program[look] = { op: 'look', negative: node.negative, next: program.length }
      }
    }
  }
  add(root)
  emit({ op: 'match' })
  return program
}

// matching ---------------------------------------------------------------------------------------

/** @param whole the match must end where the text ends */
const runs = (
  program: ReadonlyArray<Instruction>,
  text: string,
  from: number,
  position: number,
  whole: boolean,
  looked: Map<number, boolean>,
): boolean => {
  let current: Array<number> = [from]
  // the position, plus one, where each instruction was last reached
  const seen = new Int32Array(program.length)
  for (let at = position; current.length > 0; at++) {
    const next: Array<number> = []
    const stack = [...current]
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      if (seen[pc] === at + 1) continue
      seen[pc] = at + 1
      const instruction = program[pc]
      if (instruction === undefined) continue
      switch (instruction.op) {
        case 'match':
          if (!whole || at === text.length) return true
          break
        case 'jump':
          stack.push(instruction.to)
          break
        case 'split':
          stack.push(instruction.first, instruction.second)
          break
        case 'start':
          if (at === 0) stack.push(pc + 1)
          break
        case 'end':
          if (at === text.length) stack.push(pc + 1)
          break
        case 'look': {
          const key = pc * (maxTextLength + 1) + at
          const found = looked.get(key) ?? runs(program, text, pc + 1, at, false, looked)
          looked.set(key, found)
          if (found !== instruction.negative) stack.push(instruction.next)
          break
        }
        case 'character': {
          const c = text[at]
          if (c !== undefined && instruction.accepts(c)) next.push(pc + 1)
        }
      }
    }
    if (at >= text.length) return false
    current = next
  }
  return false
}

/** Whether the pattern matches the whole text. */
export type PatternMatcher = (text: string) => boolean

export interface CompiledPattern {
  readonly matches: PatternMatcher
  /** Steps of the program: a match takes at most this many times the text's length. */
  readonly steps: number
}

/** A pattern to be matched against whole texts. @returns left: why the pattern is refused */
export const compileCounted = (pattern: string): E.Either<string, CompiledPattern> =>
  pattern.length > maxPatternLength
    ? E.left(`the pattern is longer than ${maxPatternLength} characters`)
    : pipe(
        parsePattern(pattern),
        E.chain((node) =>
          E.tryCatch(
            () => compileNode(node),
            () => 'the pattern repeats too much',
          ),
        ),
        E.map((program) => ({
          steps: program.length,
          matches: (text) => text.length <= maxTextLength && runs(program, text, 0, 0, true, new Map()),
        })),
      )

/** As `compileCounted`, the matcher alone. */
export const compilePattern = (pattern: string): E.Either<string, PatternMatcher> =>
  pipe(
    compileCounted(pattern),
    E.map(({ matches }) => matches),
  )

// tables -----------------------------------------------------------------------------------------

const maxTableLength = 10_000

/** Letters, digits and dots, escaped or not: a name, in which a bare dot is any character. */
const isName = (key: string): boolean => /^(?:[\w-]|\\?\.)+$/.test(key)

/** `(.*\.)?(name)$` without a program: the name at the end, alone or behind a dot. */
const nameMatcher = (key: string): PatternMatcher => {
  const parts = key.match(/\\?./g) ?? []
  return (text) => {
    const from = text.length - parts.length
    return (
      from >= 0 &&
      text.length <= maxTextLength &&
      !text.includes('\n') &&
      (from === 0 || text[from - 1] === '.') &&
      parts.every((part, i) => part === '.' || text[from + i] === part.at(-1))
    )
  }
}

/**
 * The value of the first key whose pattern `(.*\.)?(key)$` matches a text, in the table's order. Names take no program; all other
 * keys together may have no more steps than one pattern.
 */
export const compileTable = (
  table: ReadonlyArray<readonly [string, number]>,
): E.Either<string, (text: string) => number | undefined> => {
  const state = { steps: 0 }
  if (table.length > maxTableLength) return E.left(`has more than ${maxTableLength} patterns`)
  return pipe(
    table,
    E.traverseArray(([key, value]) =>
      isName(key)
        ? E.right({ matches: nameMatcher(key), value })
        : pipe(
            compileCounted(`(.*\\.)?(${key})`),
            E.filterOrElse(
              ({ steps }) => (state.steps += steps) <= maxProgramLength,
              () => `its patterns have more than ${maxProgramLength} steps together`,
            ),
            E.map(({ matches }) => ({ matches, value })),
          ),
    ),
    E.map((rules) => (text) => rules.find(({ matches }) => matches(text))?.value),
  )
}
