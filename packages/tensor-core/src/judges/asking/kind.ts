/** A kind of judge that asks a model: its name, its options, and the question it asks. */
import type { JudgeAxis } from '../../contracts'
import type { ModelType } from '../../formats'
import type { Findings } from './findings'
import type { Question } from './question'

// model ------------------------------------------------------------------------------------------

/** An option of a kind, given as `,name=value`. */
export interface KindOption {
  readonly description: string
  /** The values it may have; undefined: any. */
  readonly values?: ReadonlyArray<string>
  /** Used where it is not given; undefined: nothing. */
  readonly default?: string
  /** Where the model must be for it: in this process, or behind a server; undefined: either. */
  readonly of?: 'process' | 'server'
}

/** The values of a kind's options, defaults filled in. */
export type OptionValues = Readonly<Record<string, string | undefined>>

/** A kind of judge; `A` is what its answers say. */
export interface ModelKind<A> {
  readonly name: string
  /** A change of its texts, steps or meaning is a new version. */
  readonly version: number
  readonly description: string
  /** Values of `model_type` that its checkpoints have; empty: any. */
  readonly families: ReadonlyArray<ModelType>
  readonly options: Readonly<Record<string, KindOption>>
  /** Whether its checkpoint is an adapter beside a published model, which must be given. */
  readonly needsAdapter?: boolean
  /** @param modelType the checkpoint's; undefined behind a server */
  readonly question: (options: OptionValues, modelType: ModelType | undefined) => Question<A>
}

/** A kind of judge of completions. */
export interface CompletionKind extends ModelKind<Findings> {
  readonly axes: (options: OptionValues) => ReadonlyArray<JudgeAxis>
}
