/** A plugin from one description of its options. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DefenceOf,
  type DefencePlugin,
  type ExpectedWork,
  type Fault,
  type Fidelity,
  type OptionDescription,
  type RecordDiagnostics,
  type ResourceName,
  type Resources,
  type RunSize,
  type Stage,
  type Strength,
  pluginVersion,
} from '../contracts'
import type { Option, OptionTable, Values } from './option'
import { decodeConfigured, parametersOf } from './table'

// model ------------------------------------------------------------------------------------------

/** A strength whose options are those of a table. */
export interface StrengthOf<T extends OptionTable> extends Strength {
  readonly options: ReadonlyArray<keyof T & string>
  readonly replaces?: ReadonlyArray<keyof T & string>
}

/** A method or a control as its package describes it. */
export interface PluginSpec<S extends Stage, T extends OptionTable, N extends ResourceName> {
  readonly name: string
  readonly stage: S
  /** One line for reports. */
  readonly summary: string
  readonly options: T
  /** The resources that `make` may use. */
  readonly needs: ReadonlyArray<N>
  /** Conditions on several options together, such as options that exclude each other. */
  readonly check?: (options: Values<T>) => E.Either<Fault, Values<T>>
  /** Its strength: options of the table, and values from weak to strong. */
  readonly strength?: StrengthOf<T>
  /** What it will compute, for estimates of time. */
  readonly work?: (options: Values<T>, size: RunSize) => ExpectedWork
  /** How faithful it is to what was published. */
  readonly fidelity?: Fidelity
  /** Builds the defence; `record` takes what it does. */
  readonly make: (
    options: Values<T>,
    resources: Pick<Resources, N>,
    record: RecordDiagnostics,
  ) => TE.TaskEither<Fault, DefenceOf<S>>
}

// parts ------------------------------------------------------------------------------------------

/** The default as a configuration writes it: flags have one without showing it. */
const defaultOf = ({ shownDefault, fallback }: Option<unknown>): string | undefined =>
  shownDefault ??
  (E.isRight(fallback) && typeof fallback.right === 'boolean' ? String(fallback.right) : undefined)

const describedOption = ([name, option]: readonly [string, Option<unknown>]): OptionDescription => {
  const { metavar, arity, description, source } = option
  const shown = defaultOf(option)
  return {
    name,
    value: arity === 'flag' || arity === 'off' ? 'true|false' : metavar,
    description,
    ...(shown === undefined ? {} : { default: shown }),
    ...(source === undefined ? {} : { source }),
  }
}

// constructors -----------------------------------------------------------------------------------

/**
 * The plugin of a method: its options are decoded, completed and checked by their table.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { dataDefence } from '@safe/tensor-core/contracts'
 * import { count, definePlugin, withDefault } from '@safe/tensor-core/options'
 * import * as E from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 *
 * const firstRows = definePlugin({
 *   name: 'first-rows',
 *   stage: 'data',
 *   summary: 'keeps the first rows',
 *   options: { rows: withDefault(100, count('rows that are kept')) },
 *   needs: [],
 *   make: ({ rows }) =>
 *     TE.right(
 *       dataDefence({
 *         name: 'first-rows',
 *         parameters: { rows },
 *         apply: (data) => TE.right({ ...data, examples: data.examples.slice(0, rows) }),
 *       }),
 *     ),
 * })
 * assert.deepEqual(firstRows.complete({}), E.right({ rows: 100 }))
 * const refused = firstRows.complete({ rows: 0 })
 * assert.equal(E.isLeft(refused) && refused.left.field, 'rows')
 * ```
 */
export const definePlugin = <S extends Stage, T extends OptionTable, N extends ResourceName>({
  name,
  stage,
  summary,
  options: table,
  needs,
  check = E.right,
  strength,
  work,
  fidelity,
  make,
}: PluginSpec<S, T, N>): DefencePlugin => {
  const decoded = (given: Readonly<Record<string, unknown>>): E.Either<Fault, Values<T>> =>
    pipe(given, decodeConfigured(table, name), E.chainW(check))
  return {
    specificationVersion: pluginVersion,
    name,
    stage,
    summary,
    needs,
    options: Object.entries(table).map(describedOption),
    complete: (given) =>
      pipe(
        decoded(given),
        E.map((values) => parametersOf(table, values)),
      ),
    ...(strength === undefined ? {} : { strength }),
    ...(fidelity === undefined ? {} : { fidelity }),
    ...(work === undefined
      ? {}
      : {
          work: (given, size) =>
            pipe(
              decoded(given),
              E.match(
                () => ({}),
                (values) => work(values, size),
              ),
            ),
        }),
    create: (given, resources, record = () => undefined) =>
      pipe(
        TE.fromEither(decoded(given)),
        TE.chain((values) => make(values, resources, record)),
      ),
  }
}
