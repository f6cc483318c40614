/** A rival as a defence of the training stage: its options checked, its rule built around the rule inside. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Fault,
  type GradientOracle,
  type RecordDiagnostics,
  type TrainingDefence,
  type UpdateRule,
  badInput,
  trainingDefence,
} from '@safe/tensor-core/contracts'
import { type DefaultedTable, type Values, checked, completed, parametersOf } from '@safe/tensor-core/options'
import type { RivalError } from './errors'

/** What a rule is built from. */
export interface RivalParts<G, R extends Fault, T extends DefaultedTable> {
  readonly options: Values<T>
  readonly inner: UpdateRule<G, R>
  readonly oracle: GradientOracle<G>
}

/** A rival: its name, its options, and how its rule is made. */
export interface Rival<T extends DefaultedTable> {
  readonly name: string
  readonly table: T
  readonly rule: <G, R extends Fault>(
    parts: RivalParts<G, R, T>,
  ) => E.Either<RivalError, UpdateRule<G, R | RivalError>>
}

/** Takes what a rule did where nobody asks for it. */
export const unrecorded: RecordDiagnostics = () => undefined

/** The defence of a rival; on `apply`, left `BadOption` for an impossible option, or what its rule is refused for. */
export const rivalDefence = <T extends DefaultedTable>(
  { name, table, rule }: Rival<T>,
  options: Partial<Values<T>>,
): TrainingDefence<RivalError> =>
  trainingDefence<RivalError>({
    name,
    parameters: parametersOf(table, completed(table, options)),
    apply: (inner, oracle) =>
      pipe(
        checked(table, options),
        E.chainW((chosen) => rule({ options: chosen, inner, oracle })),
        TE.fromEither,
      ),
  })

/** What an oracle offers only where the initial model is kept. */
export const needsInitialModel = <A>(name: string, offered: A | undefined): E.Either<RivalError, A> =>
  pipe(
    offered,
    E.fromNullable(
      badInput('InitialModelMissing', 'needs the model as training starts, and this training keeps none', {
        where: name,
        remedy: 'train an adapter beside frozen weights',
      }),
    ),
  )
