/**
 * Regular expressions from untrusted files, matched in bounded time. JavaScript's own engine backtracks: `(a+)+$` can run for
 * years. Here a pattern is compiled to a small program and all its possible states are followed at once (Thompson, CACM 11(6),
 * 1968). A match costs at most text length times program size, and once more the text length where the pattern has lookaheads;
 * both sizes are limited. The syntax is the part of Python's that module names need: literals, classes, groups, alternatives,
 * repetition, anchors, lookahead. Back-references, lookbehind and flags are refused.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Node, parsePattern } from './patternSyntax'

// limits -----------------------------------------------------------------------------------------

const maxPatternLength = 1000
const maxProgramLength = 2000
/** Longer texts match nothing: no module name is that long. */
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

/** One match of a program against a text. */
interface Match {
  readonly program: ReadonlyArray<Instruction>
  readonly text: string
  /** Results of lookaheads by instruction and position. */
  readonly looked: Map<number, boolean>
}

/** A place in both: the instruction and the position in the text. */
interface Start {
  readonly instruction: number
  readonly position: number
}

/** @param whole the match must end where the text ends */
const runs = (match: Match, start: Start, whole: boolean): boolean => {
  const { program, text, looked } = match
  let current: Array<number> = [start.instruction]
  // For each instruction the position where it was last reached, plus one.
  const seen = new Int32Array(program.length)
  for (let at = start.position; current.length > 0; at++) {
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
          const found = looked.get(key) ?? runs(match, { instruction: pc + 1, position: at }, false)
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

/** Tells whether the pattern matches the whole text. */
export type PatternMatcher = (text: string) => boolean

export interface CompiledPattern {
  readonly matches: PatternMatcher
  /** Instructions of the program: a match takes at most this many steps per character of the text. */
  readonly steps: number
}

/** Compiles a pattern to be matched against whole texts. @returns left: the reason why the pattern is refused */
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
          matches: (text) =>
            text.length <= maxTextLength &&
            runs({ program, text, looked: new Map() }, { instruction: 0, position: 0 }, true),
        })),
      )

/** Like `compileCounted`, but returns only the matcher. */
export const compilePattern = (pattern: string): E.Either<string, PatternMatcher> =>
  pipe(
    compileCounted(pattern),
    E.map(({ matches }) => matches),
  )

// tables -----------------------------------------------------------------------------------------

const maxTableLength = 10_000

/** Whether a key consists of letters, digits and dots, escaped or not: a plain name, in which a bare dot matches any character. */
const isName = (key: string): boolean => /^(?:[\w-]|\\?\.)+$/.test(key)

/** Matches `(.*\.)?(name)$` without a program: the text is the name, or ends with a dot and the name. */
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
 * Compiles a table of patterns to a lookup: the value of the first key whose pattern `(.*\.)?(key)$` matches a text, in the table's
 * order. Plain names need no program; the programs of all other keys together are limited like that of one pattern.
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
