/** Tasks in turn: each is learned from the result of the one before, then all tasks seen so far are measured. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Example, Fault } from '@safe/tensor-core/contracts'
import type { Outcomes } from '../measure/outcomes'
import type { DualSelectOptions } from '../options'
import { replayBuffer } from './buffer'
import { type Strategy, type TaskTraining, taskTraining } from './strategies'

// model ------------------------------------------------------------------------------------------

/** Where a run stands. */
export interface Place {
  readonly strategy: Strategy
  readonly seed: number
  /** From 0. */
  readonly task: number
}

/** What trains and what measures; `A` is an adapter, undefined the model as learning starts. */
export interface ContinualPorts<A> {
  readonly train: (at: Place, training: TaskTraining, from: A | undefined) => TE.TaskEither<Fault, A>
  /** Outcomes on the tasks up to and with `at.task`. */
  readonly measure: (at: Place, adapter: A) => TE.TaskEither<Fault, Outcomes>
}

export interface ContinualPlan {
  readonly tasks: ReadonlyArray<Dataset>
  /** Safety rows: part of the memory from the first task on. */
  readonly safety: ReadonlyArray<Example>
  /** Rows of earlier tasks that are kept in all. */
  readonly replayBuffer: number
  readonly options: DualSelectOptions
  readonly strategies: ReadonlyArray<Strategy>
  readonly seeds: ReadonlyArray<number>
}

/** One strategy under one seed: the outcomes after each task. */
export interface ContinualRun {
  readonly strategy: Strategy
  readonly seed: number
  readonly after: ReadonlyArray<Outcomes>
}

// learning ---------------------------------------------------------------------------------------

const oneRun = <A>(
  ports: ContinualPorts<A>,
  plan: ContinualPlan,
  { strategy, seed }: Pick<Place, 'strategy' | 'seed'>,
): TE.TaskEither<Fault, ContinualRun> => {
  interface Reached {
    readonly adapter: A | undefined
    readonly after: ReadonlyArray<Outcomes>
  }
  const start: TE.TaskEither<Fault, Reached> = TE.right({ adapter: undefined, after: [] })
  return pipe(
    plan.tasks.reduce(
      (before, task, k) =>
        pipe(
          before,
          TE.chain(({ adapter, after }) => {
            const at = { strategy, seed, task: k }
            const training = taskTraining(strategy, {
              task,
              memory: [...plan.safety, ...replayBuffer(plan.tasks.slice(0, k), plan.replayBuffer, seed)],
              options: plan.options,
            })
            return pipe(
              ports.train(at, training, adapter),
              TE.chain((next) =>
                pipe(
                  ports.measure(at, next),
                  TE.map((outcomes) => ({ adapter: next, after: [...after, outcomes] })),
                ),
              ),
            )
          }),
        ),
      start,
    ),
    TE.map(({ after }) => ({ strategy, seed, after })),
  )
}

/** Every strategy under every seed, one after another. */
export const learnInTurn = <A>(
  ports: ContinualPorts<A>,
  plan: ContinualPlan,
): TE.TaskEither<Fault, ReadonlyArray<ContinualRun>> =>
  pipe(
    plan.strategies.flatMap((strategy) => plan.seeds.map((seed) => ({ strategy, seed }))),
    TE.traverseSeqArray((which) => oneRun(ports, plan, which)),
  )
