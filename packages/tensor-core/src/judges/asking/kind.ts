/** A kind of judge that asks a model: its name, its options, and the question it asks. */
import * as E from 'fp-ts/Either'
import { type JudgeAxis, type JudgeError, badInput } from '../../contracts'
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

// options ----------------------------------------------------------------------------------------

/** Options of every kind of a model in this process. */
export const commonKindOptions: Readonly<Record<string, KindOption>> = {
  adapter: { description: 'PEFT adapter folder, or hub:ORG/NAME, applied to the model' },
  context: { description: "most tokens it reads at once; default: the model's own limit" },
}

/** All options of a kind. */
export const optionsOf = (kind: ModelKind<unknown>): Readonly<Record<string, KindOption>> => ({
  ...kind.options,
  ...commonKindOptions,
})

const whole = /^[1-9]\d{0,8}$/

/** The options as given, checked, with defaults. @returns left `BadOption`, with what there is */
export const optionValues = (
  kind: ModelKind<unknown>,
  given: Readonly<Record<string, string>>,
): E.Either<JudgeError, OptionValues> => {
  const known = optionsOf(kind)
  const bad = (what: string, remedy: string): E.Either<JudgeError, never> =>
    E.left(badInput('BadOption', what, { where: kind.name, remedy }))
  for (const [name, value] of Object.entries(given)) {
    const option = known[name]
    if (option === undefined)
      return bad(`has no option ${name}`, `its options are ${Object.keys(known).join(', ')}`)
    if (option.values !== undefined && !option.values.includes(value))
      return bad(`${name}=${value} is not a value of that option`, `give ${option.values.join(' or ')}`)
    if (name === 'context' && !whole.test(value))
      return bad(`context=${value} is not a number of tokens`, 'give a whole number of at least 1')
  }
  return E.right(
    Object.fromEntries(
      Object.entries(known).map(([name, option]) => [name, given[name] ?? option.default] as const),
    ),
  )
}
