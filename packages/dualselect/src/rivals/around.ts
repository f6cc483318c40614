/** A rule around another one, whose state it carries along. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, RuleState, StepContext, Update, UpdateRule } from '@safe/tensor-core/contracts'
import { passedOn } from '../ruleSteps'
import { carrying, innerOf, ownOf } from '../state'

/** What a rule around another one does by itself. */
export interface Around<G, R extends Fault> {
  readonly name: string
  readonly step: UpdateRule<G, R>['step']
  readonly closingSteps?: number
  readonly deployed?: NonNullable<UpdateRule<G, R>['deployed']>
}

/** The rule: what is not its own is that of the rule inside. */
export const around = <G, R extends Fault, E extends Fault>(
  inner: UpdateRule<G, R>,
  { name, ...own }: Around<G, R | E>,
): UpdateRule<G, R | E> => ({
  ...passedOn(inner, innerOf),
  warmupSteps: inner.warmupSteps,
  initial: carrying({}, inner.initial),
  endEpoch: (state, epoch) =>
    pipe(
      inner.endEpoch(innerOf(state), epoch),
      TE.map((next) => carrying(ownOf(state), next)),
    ),
  ...own,
  name: `${name}(${inner.name})`,
})

/** A step that is the rule inside's alone. */
export const passing = <G, R extends Fault>(
  inner: UpdateRule<G, R>,
  state: RuleState<G>,
  at: StepContext<G>,
): TE.TaskEither<R, Update<G>> =>
  pipe(
    inner.step(innerOf(state), at),
    TE.map((update) => ({ ...update, state: carrying(ownOf(state), update.state) })),
  )
