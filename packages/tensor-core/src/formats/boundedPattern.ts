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
const maxTextLength = 500

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
  for (let at = position; current.length > 0; at++) {
    const seen = new Set<number>()
    const next: Array<number> = []
    const stack = [...current]
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      if (seen.has(pc)) continue
      seen.add(pc)
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

/** Compiles a pattern to be matched against whole texts. @returns left: why the pattern is refused */
export const compilePattern = (pattern: string): E.Either<string, PatternMatcher> =>
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
        E.map(
          (program): PatternMatcher =>
            (text) =>
              text.length <= maxTextLength && runs(program, text, 0, 0, true, new Map()),
        ),
      )
