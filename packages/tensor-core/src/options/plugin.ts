/** A plugin from one description of its options. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DefenceOf,
  type DefencePlugin,
  type Fault,
  type ResourceName,
  type Resources,
  type Stage,
  pluginVersion,
} from '../contracts'
import type { OptionTable, Values } from './option'
import { decodeConfigured, parametersOf } from './table'

// model ------------------------------------------------------------------------------------------

/** A method or a control as its package describes it. */
export interface PluginSpec<S extends Stage, T extends OptionTable, N extends ResourceName> {
  readonly name: string
  readonly stage: S
  /** One line for reports. */
  readonly summary: string
  readonly options: T
  /** The resources that `make` may use. */
  readonly needs: ReadonlyArray<N>
  /** What no single option can say: options that exclude each other. */
  readonly check?: (options: Values<T>) => E.Either<Fault, Values<T>>
  readonly make: (options: Values<T>, resources: Pick<Resources, N>) => TE.TaskEither<Fault, DefenceOf<S>>
}

// constructors -----------------------------------------------------------------------------------

/** The plugin of a method: its options decoded, completed and checked by their table. */
export const definePlugin = <S extends Stage, T extends OptionTable, N extends ResourceName>({
  name,
  stage,
  summary,
  options: table,
  needs,
  check = E.right,
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
    complete: (given) =>
      pipe(
        decoded(given),
        E.map((values) => parametersOf(table, values)),
      ),
    create: (given, resources) =>
      pipe(
        TE.fromEither(decoded(given)),
        TE.chain((values) => make(values, resources)),
      ),
  }
}
