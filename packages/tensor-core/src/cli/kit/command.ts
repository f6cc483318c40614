/** A command: a table of options and a handler that gives back an outcome or a fault. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '../../contracts'
import type { Context, Outcome } from './context'
import { fetched } from './fetched'
import { type Given, type OptionTable, type Values, decodeOptions } from '../../options'

// model ------------------------------------------------------------------------------------------

/** A positional argument of a command. */
export interface Argument {
  readonly name: string
  readonly description: string
  readonly variadic?: boolean
  readonly choices?: ReadonlyArray<string>
}

/** A command as it is written: its options decide the type of the values its handler gets. */
export interface CommandSpec<T extends OptionTable> {
  /** `score`; `engine build` nests; the empty name is the binary itself. */
  readonly name: string
  readonly description: string
  /** A whole command line, which `--help` shows; it must parse. */
  readonly example?: string
  readonly arguments?: ReadonlyArray<Argument>
  readonly options: T
  readonly run: (
    values: Values<T>,
    context: Context,
    args: ReadonlyArray<string>,
  ) => TE.TaskEither<Fault, Outcome>
}

/** A command without the types of its options, so that commands of different tables stand in one list. */
export interface Command {
  readonly name: string
  readonly description: string
  readonly example?: string
  readonly arguments: ReadonlyArray<Argument>
  readonly options: OptionTable
  readonly run: (given: Given, context: Context, args: ReadonlyArray<string>) => TE.TaskEither<Fault, Outcome>
}

/** A binary: its commands, and what `--version` and `--help` say. */
export interface Binary {
  readonly name: string
  readonly version: string
  readonly description: string
  /** What each group of commands is for, by its word (`engine`); without it `--help` lists the group's commands. */
  readonly groups?: Readonly<Record<string, string>>
  readonly commands: ReadonlyArray<Command>
}

// constructors -----------------------------------------------------------------------------------

/** A command; its handler receives decoded options, in which references to the hub have become paths in its cache. */
export const command = <T extends OptionTable>(spec: CommandSpec<T>): Command => ({
  name: spec.name,
  description: spec.description,
  ...(spec.example === undefined ? {} : { example: spec.example }),
  arguments: spec.arguments ?? [],
  options: spec.options,
  run: (given, context, args) =>
    pipe(
      TE.fromEither(decodeOptions(spec.options, given)),
      TE.chainW(() => fetched(spec.options, given, context)),
      TE.chainEitherKW((local) => decodeOptions(spec.options, local)),
      TE.chainW((values) => spec.run(values, context, args)),
    ),
})
