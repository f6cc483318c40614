/** The words of a command line that name a command, before the line is parsed. */
import type { Binary } from './command'

/** The words of a command's name: `engine build` has two, the binary itself none. */
export const wordsOf = (name: string): ReadonlyArray<string> => name.split(' ').filter((word) => word !== '')

const begins = (words: ReadonlyArray<string>, prefix: ReadonlyArray<string>): boolean =>
  prefix.every((word, i) => words[i] === word)

/**
 * How many words of the line name a command, a group of commands, or neither: an unknown word is counted, and is the last.
 * @param names the words of every command
 */
const leading = (
  names: ReadonlyArray<ReadonlyArray<string>>,
  argv: ReadonlyArray<string>,
  depth = 0,
): { readonly count: number; readonly known: boolean } => {
  const within = names.filter((words) => begins(words, argv.slice(0, depth)))
  const word = argv[depth]
  return within.some((words) => words.length === depth) || word === undefined || word.startsWith('-')
    ? { count: depth, known: true }
    : within.some((words) => words[depth] === word)
      ? leading(names, argv, depth + 1)
      : { count: depth + 1, known: false }
}

/**
 * The line to be parsed: `help bench` is `bench --help`; what follows an unknown command is left out, so that `--help` among it
 * does not hide that there is no such command.
 */
export const asParsed = ({ commands }: Binary, argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = commands.map(({ name }) => wordsOf(name))
  const takesHelp = commands.some(
    ({ name, arguments: args }) => (name === '' && args.length > 0) || wordsOf(name)[0] === 'help',
  )
  const isHelp = argv[0] === 'help' && !takesHelp
  const line = isHelp ? [...argv.slice(1), '--help'] : argv
  const { count, known } = leading(names, line)
  return known ? line : line.slice(0, count)
}

/** The first word of a line for a binary that is one command without arguments; undefined where there is none. */
export const strayWord = ({ commands }: Binary, [word]: ReadonlyArray<string>): string | undefined => {
  const [only, ...more] = commands
  const takesNone = only !== undefined && more.length === 0 && only.name === '' && only.arguments.length === 0
  return takesNone && word !== undefined && word !== 'help' && !word.startsWith('-') ? word : undefined
}
