/** How a model process gets its engine: a module exports this function under the name `openEngine`. */
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Engine } from '../contract'

/** What an engine says while it is opened, and later. */
export interface EngineHooks {
  /** What it is doing now, one short text: `reading the draft`. */
  readonly onProgress: (note: string) => void
  /** One line for the operator. */
  readonly onWarning: (line: string) => void
}

/**
 * Opens the models. The settings crossed a process boundary, so the function decodes them.
 *
 * An engine must return to the event loop between its steps (`setImmediate`, a timer): asks and cancellations are read, and replies
 * written, only then.
 *
 * @returns left `input` where the settings are wrong (the server ends), `failure` where it may be tried again.
 */
export type OpenEngine = (
  settings: Readonly<Record<string, unknown>>,
  hooks: EngineHooks,
) => TE.TaskEither<Fault, Engine>
