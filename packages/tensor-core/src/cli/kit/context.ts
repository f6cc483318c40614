/** What every command has: the common options, ways to report, a signal to stop, and an outcome. */
import { engineNames } from '../../engine'
import { type Values, choice, file, flag, integer, optional, withDefault } from '../../options'
import type { Terminal } from './terminal'

// options ----------------------------------------------------------------------------------------

/** Options of every command of every binary. */
export const commonOptions = {
  config: optional(file('YAML file with options of this command, kebab-case; the command line wins')),
  json: flag('print exactly one JSON document on stdout'),
  quiet: flag('print only errors on stderr'),
  seed: withDefault(42, integer('seed of everything random', { min: 0, max: 4294967295 })),
  engine: withDefault('auto', choice('tensor engine', ['auto', ...engineNames])),
  dtype: withDefault('float32', choice('storage of frozen weights', ['float32', 'bfloat16'])),
}
/** The values of the options that every command has, decoded. */
export type CommonValues = Values<typeof commonOptions>

/** What a command is given beside its own options: how to report to the user, and when to stop. */
export interface Context extends Terminal {
  /** Aborted by SIGINT or SIGTERM: long work stops at its next safe point. */
  readonly signal: AbortSignal
  readonly common: CommonValues
}

/** What a command prints on stdout: `json` with `--json`, else `text` (nothing if undefined). */
export interface Outcome {
  readonly json: unknown
  readonly text?: string
  /** The exit code where the work was done and its answer is not a yes: 2 undecidable, 3 refused. Absent: 0. */
  readonly exit?: 2 | 3
}
