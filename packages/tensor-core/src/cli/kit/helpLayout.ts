/**
 * How `--help` lists options and commands: each beside its description, in two columns. Where the terminal is too narrow for that, a
 * description stands below its name; no line is longer than the terminal is wide, unless one word is.
 */
import type { Help } from 'commander'

/** Names that are longer have their descriptions on the next line, so that one long name does not push all others aside. */
const mostName = 28
/** A column of descriptions that would be narrower is not worth having, in characters. */
const leastColumn = 36
const indent = 2
const defaultWidth = 80

/** An option or a command with its description. @param nameWidth of the longest name of the list */
export const helpItem = (name: string, nameWidth: number, description: string, helper: Help): string => {
  const width = helper.helpWidth ?? defaultWidth
  const column = indent + Math.min(nameWidth, mostName) + 2
  const beside = width - column >= leastColumn
  const start = beside ? column : 2 * indent + 2
  const lines = helper
    .boxWrap(description, Math.max(width - start, 1))
    .split('\n')
    .map((line) => `${' '.repeat(start)}${line}`)
  const named = `${' '.repeat(indent)}${name}`
  return description === ''
    ? named
    : beside && named.length <= column - 2
      ? `${named.padEnd(column)}${lines.join('\n').trimStart()}`
      : [named, ...lines].join('\n')
}
