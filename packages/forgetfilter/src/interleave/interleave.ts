/**
 * Interleaved training: noisy rows, safe rows, noisy rows, safe rows ..., with and without ForgetFilter before each noisy phase
 * (arXiv 2312.12736, the study of long-term safety). A model that was made safe again learns unsafe rows as fast as before; a filter
 * keeps most of them from it. In every round the model of that moment stands for M0.
 */
import type { ReadonlyNonEmptyArray } from 'fp-ts/ReadonlyNonEmptyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { IntervalEstimate } from '@safe/tensor-core/stats'

// model ------------------------------------------------------------------------------------------

/** With and without filtering the noisy rows. */
export const arms = ['plain', 'filtered'] as const
/** The name of an arm. */
export type Arm = (typeof arms)[number]

/** A rate with its 95 % Wilson interval. */
export type RateEstimate = IntervalEstimate

/** A model's answers in numbers. */
export interface Measured {
  /** Share of the unsafe prompts that were answered; null where no completion could be judged. */
  readonly attackSuccess: RateEstimate | null
  /** Share of the task's prompts answered with the response; undefined where no task is given. */
  readonly task?: RateEstimate
}

/** The result of filtering the noisy rows of a round. */
export interface RoundFilter {
  readonly kept: Dataset
  readonly dropped: number
  /** Null where no threshold was found: then all rows are kept. */
  readonly phi: number | null
}

/** One point of the study: a model after a phase. */
export interface PhaseResult extends Measured {
  readonly arm: Arm
  /** From 1; 0 is the aligned model, before any phase. */
  readonly round: number
  readonly phase: 'start' | 'noisy' | 'safe'
  /** Rows that were trained on. */
  readonly rows: number
  /** Rows that the filter left out, and its threshold. */
  readonly dropped?: number
  readonly phi?: number | null
}

/** What trains, filters and measures. `M` is a trained model; undefined stands for the aligned model. */
export interface InterleavePorts<M, E extends Fault> {
  readonly train: (phase: 'noisy' | 'safe', data: Dataset, from: M | undefined) => TE.TaskEither<E, M>
  /** ForgetFilter with the given model as M0. */
  readonly filter: (noisy: Dataset, from: M | undefined) => TE.TaskEither<E, RoundFilter>
  readonly measure: (model: M | undefined) => TE.TaskEither<E, Measured>
  /** Called after each phase. */
  readonly onPhase?: (result: PhaseResult) => void
}

/** What is run: which arms, how many rounds, on which rows. */
export interface InterleavePlan {
  readonly arms: ReadonlyArray<Arm>
  readonly rounds: number
  /** Noisy rows of the rounds in turn, from the first again after the last. */
  readonly noisy: ReadonlyNonEmptyArray<Dataset>
  readonly safe: Dataset
}

// parts ------------------------------------------------------------------------------------------

interface State<M> {
  readonly model: M | undefined
  readonly results: ReadonlyArray<PhaseResult>
}

const measured =
  <M, E extends Fault>({ measure, onPhase }: InterleavePorts<M, E>) =>
  (
    state: State<M>,
    model: M | undefined,
    point: Omit<PhaseResult, keyof Measured>,
  ): TE.TaskEither<E, State<M>> =>
    pipe(
      measure(model),
      TE.map((found): PhaseResult => ({ ...point, ...found })),
      TE.chainFirstIOK((result) => () => onPhase?.(result)),
      TE.map((result) => ({ model, results: [...state.results, result] })),
    )

const roundOf =
  <M, E extends Fault>(ports: InterleavePorts<M, E>, { noisy, safe }: InterleavePlan, arm: Arm) =>
  (round: number) =>
  (state: State<M>): TE.TaskEither<E, State<M>> => {
    const data = noisy[(round - 1) % noisy.length] ?? noisy[0]
    const after = measured(ports)
    return pipe(
      arm === 'plain' ? TE.right<E, RoundFilter | undefined>(undefined) : ports.filter(data, state.model),
      TE.chain((found) => {
        const kept = found?.kept ?? data
        return pipe(
          // Without rows there is nothing to learn: the model stays what it was.
          kept.examples.length === 0 ? TE.right(state.model) : ports.train('noisy', kept, state.model),
          TE.chain((model) =>
            after(state, model, {
              arm,
              round,
              phase: 'noisy',
              rows: kept.examples.length,
              ...(found === undefined ? {} : { dropped: found.dropped, phi: found.phi }),
            }),
          ),
        )
      }),
      TE.chain((trained) =>
        pipe(
          ports.train('safe', safe, trained.model),
          TE.chain((model) =>
            after(trained, model, { arm, round, phase: 'safe', rows: safe.examples.length }),
          ),
        ),
      ),
    )
  }

// constructors -----------------------------------------------------------------------------------

/** The study: every arm from the aligned model, phase by phase; results by arm, in the order of the phases. */
export const interleave = <M, E extends Fault>(
  ports: InterleavePorts<M, E>,
  plan: InterleavePlan,
): TE.TaskEither<E, ReadonlyArray<PhaseResult>> =>
  pipe(
    plan.arms,
    TE.traverseSeqArray((arm) => {
      const start = measured(ports)({ model: undefined, results: [] }, undefined, {
        arm,
        round: 0,
        phase: 'start',
        rows: 0,
      })
      const rounds = Array.from({ length: plan.rounds }, (_, i) => roundOf(ports, plan, arm)(i + 1))
      return rounds.reduce((done, next) => pipe(done, TE.chain(next)), start)
    }),
    TE.map((states) => states.flatMap(({ results }) => results)),
  )
