/**
 * Every binary's commands as JSON on stdout: what `--help` says, and where defaults come from, for the reference pages; and the methods
 * of all packages (methods.ts). A table of
 * options that several commands of a binary have is listed once, under the commands that have it.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Binary,
  type OptionTable,
  commonOptions,
  decodeOptions,
  flagOf,
  flagged,
  runBinary,
} from '../../packages/tensor-core/src/cli/kit'
import { binary as tensorCore } from '../../packages/tensor-core/src/cli/binary'
import { binary as alignbeam } from '../../packages/alignbeam/src/cli/binary'
import { binary as csulora } from '../../packages/csulora/src/cli/binary'
import { dualselectBinary } from '../../packages/dualselect/src/cli/binary'
import { binary as redorca } from '../../packages/eval-redorca/src/cli/binary'
import { binary as forgetfilter } from '../../packages/forgetfilter/src/cli/binary'
import { methods } from './methods'

// options ----------------------------------------------------------------------------------------

const optionsOf = (table: OptionTable, among: OptionTable = table) =>
  Object.entries(table).map(([name, option]) => ({
    name: flagOf(name, option),
    value: { flag: '', off: '', one: option.metavar, many: `${option.metavar} ...` }[option.arity],
    description: flagged(option.description, among),
    required: E.isLeft(option.fallback),
    fallback: option.shownDefault ?? '',
    source: option.source ?? '',
  }))

const only = (table: OptionTable, holds: (name: string) => boolean): OptionTable =>
  Object.fromEntries(Object.entries(table).filter(([name]) => holds(name)))

// tables of several commands ---------------------------------------------------------------------

/** Fewer options than this stand with each command. */
const smallestShared = 4

interface Shared {
  /** The commands that have all of these options, in the binary's order. */
  readonly commands: ReadonlyArray<string>
  readonly options: OptionTable
}

/** Options are the same where they come from the same table. */
const commandsWith = ({ commands }: Binary, name: string, option: unknown): ReadonlyArray<string> =>
  commands.filter((c) => c.options[name] === option).map((c) => c.name)

const sharedTables = (binary: Binary): ReadonlyArray<Shared> => {
  const groups = new Map<string, Shared>()
  for (const { options } of binary.commands)
    for (const [name, option] of Object.entries(options)) {
      const commands = commandsWith(binary, name, option)
      const key = commands.join('\n')
      const group = groups.get(key) ?? { commands, options: {} }
      if (commands.length > 1) groups.set(key, { commands, options: { ...group.options, [name]: option } })
    }
  return [...groups.values()].filter(({ options }) => Object.keys(options).length >= smallestShared)
}

// binaries ---------------------------------------------------------------------------------------

const described = (binary: Binary) => {
  const { name, description, commands } = binary
  const shared = sharedTables(binary)
  const fullName = (command: string): string => `${name} ${command}`.trim()
  return {
    name,
    description,
    shared: shared.map((s) => ({
      commands: s.commands.map(fullName),
      options: optionsOf(s.options, commands.find((c) => s.commands.includes(c.name))?.options),
    })),
    commands: commands.map((c) => {
      const elsewhere = shared.filter((s) => s.commands.includes(c.name))
      return {
        name: fullName(c.name),
        description: c.description,
        example: c.example ?? '',
        arguments: c.arguments.map((a) => ({
          name: a.variadic === true ? `${a.name} ...` : a.name,
          description: a.description,
          choices: a.choices ?? [],
        })),
        options: optionsOf(
          only(c.options, (option) => !elsewhere.some((s) => option in s.options)),
          c.options,
        ),
        shared: elsewhere.map((s) => s.commands.map(fullName)),
      }
    }),
  }
}

// examples ---------------------------------------------------------------------------------------

/** The same commands, which only decode their options. */
const parsing = (binary: Binary): Binary => ({
  ...binary,
  commands: binary.commands.map((c) => ({
    ...c,
    run: (given) =>
      pipe(
        TE.fromEither(decodeOptions(c.options, given)),
        TE.map(() => ({ json: null })),
      ),
  })),
})

/** What is wrong with the examples of a binary: each must be a line of that command whose options decode. */
const faultsOf = async (binary: Binary): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  for (const { name, example } of binary.commands) {
    const start = `${binary.name} ${name}`.trim()
    if (example === undefined) continue
    if (!example.startsWith(`${start} `)) faults.push(`the example of ${start} is: ${example}`)
    // the file of a configuration is not here to be read
    const argv = example
      .replace(/ --config \S+/, '')
      .split(' ')
      .slice(1)
    const stderr = (line: string): void => void faults.push(`${example}: ${line.trim()}`)
    await runBinary(parsing(binary), argv, { stdout: () => undefined, stderr })
  }
  return faults
}

// output -----------------------------------------------------------------------------------------

const binaries = [tensorCore, forgetfilter, dualselectBinary, csulora, alignbeam, redorca]
void Promise.all(binaries.map(faultsOf)).then((faults) => {
  process.stdout.write(
    JSON.stringify({
      common: optionsOf(commonOptions),
      methods,
      binaries: binaries.map(described),
      faults: faults.flat(),
    }),
  )
})
