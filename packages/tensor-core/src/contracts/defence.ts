/**
 * A defence is an endomorphism of one stage: it takes the value that the stage works on and returns a safer value of the same type.
 * Endomorphisms of a stage compose and have an identity ("no defence"): a monoid per stage. A pipeline is one element of each.
 */
import * as M from 'fp-ts/Monoid'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset } from './data'
import type { Fault } from './errors'
import type { GradientOracle } from './gradients'
import type { CausalLM } from './model'
import type { UpdateRule } from './training'
import type { LoraAdapter } from './weights'

// model ------------------------------------------------------------------------------------------

/** The stages of fine-tuning at which a defence can act, in the order in which a pipeline runs them. */
export const stages = ['data', 'training', 'weights', 'decoding'] as const
/** The name of a stage. */
export type Stage = (typeof stages)[number]

/** Options that determine what a defence does, as plain JSON: they are hashed into a benchmark's cell and shown in its report. */
export type Parameters = Readonly<Record<string, unknown>>

/** A method as part of a defence: everything that determines what it does, as plain JSON. */
export interface AppliedMethod {
  readonly name: string
  readonly parameters: Parameters
  /**
   * Hashes of the resources it reads in addition to its input and parameters, by resource name; absent where results are not
   * kept.
   */
  readonly reads?: Parameters
}

interface Composed {
  /** The methods applied, first to last. The identity has none. */
  readonly steps: ReadonlyArray<AppliedMethod>
}

/**
 * A defence of the data stage: rows in, rows out (ForgetFilter keeps those that a safe phase does not make the model
 * forget).
 */
export interface DataDefence<E extends Fault = Fault> extends Composed {
  readonly stage: 'data'
  readonly apply: (dataset: Dataset) => TE.TaskEither<E, Dataset>
}
/**
 * A defence of the training stage: another way to turn a batch into a gradient (DualSelect). It does not
 * see the contents of a gradient: `G` is opaque, and the oracle provides its operations.
 */
export interface TrainingDefence<E extends Fault = Fault> extends Composed {
  readonly stage: 'training'
  readonly apply: <G, R extends Fault>(
    rule: UpdateRule<G, R>,
    oracle: GradientOracle<G>,
  ) => TE.TaskEither<E, UpdateRule<G, R | E>>
}
/**
 * A defence of the weights stage: a trained adapter in, a corrected one out (CSULoRA). Nothing is trained, nothing is
 * decoded.
 */
export interface WeightsDefence<E extends Fault = Fault> extends Composed {
  readonly stage: 'weights'
  readonly apply: (adapter: LoraAdapter) => TE.TaskEither<E, LoraAdapter>
}
/**
 * A defence of the decoding stage: a model in, a model out that completes prompts more safely (AlignBeam). The caller
 * disposes of the model that is returned, which also disposes of the given model.
 */
export interface DecodingDefence<E extends Fault = Fault> extends Composed {
  readonly stage: 'decoding'
  readonly apply: (model: CausalLM) => TE.TaskEither<E, CausalLM>
}
/** A defence of any stage; `stage` tells which. */
export type Defence<E extends Fault = Fault> =
  DataDefence<E> | TrainingDefence<E> | WeightsDefence<E> | DecodingDefence<E>

/** dataset |> data |> train with update rule |> adapter |> weights |> attach to model |> decode */
export interface Pipeline<E extends Fault = Fault> {
  readonly data: DataDefence<E>
  readonly training: TrainingDefence<E>
  readonly weights: WeightsDefence<E>
  readonly decoding: DecodingDefence<E>
}

/** The defence of a pipeline at one stage. */
export type DefenceOf<S extends Stage, E extends Fault = Fault> = Pipeline<E>[S]

/** The errors that a defence can return. */
export type ErrorOf<D> = D extends Defence<infer E> ? E : never

// constructors -----------------------------------------------------------------------------------

/** "No defence" at each stage: the identities of the monoids below. */
export const noDefence: Pipeline<never> = {
  data: { stage: 'data', steps: [], apply: (d) => TE.right(d) },
  training: { stage: 'training', steps: [], apply: (rule) => TE.right(rule) },
  weights: { stage: 'weights', steps: [], apply: (a) => TE.right(a) },
  decoding: { stage: 'decoding', steps: [], apply: (m) => TE.right(m) },
}

/** The parts of a defence of one method. */
export interface MethodOf<Apply> {
  readonly name: string
  readonly parameters: Parameters
  readonly apply: Apply
}

const one = ({ name, parameters }: MethodOf<unknown>): Composed => ({ steps: [{ name, parameters }] })

/** A data defence of one method. */
export const dataDefence = <E extends Fault>(m: MethodOf<DataDefence<E>['apply']>): DataDefence<E> => ({
  stage: 'data',
  ...one(m),
  apply: m.apply,
})
/** A training defence of one method. */
export const trainingDefence = <E extends Fault>(
  m: MethodOf<TrainingDefence<E>['apply']>,
): TrainingDefence<E> => ({ stage: 'training', ...one(m), apply: m.apply })
/** A weights defence of one method. */
export const weightsDefence = <E extends Fault>(
  m: MethodOf<WeightsDefence<E>['apply']>,
): WeightsDefence<E> => ({ stage: 'weights', ...one(m), apply: m.apply })
/** A decoding defence of one method. */
export const decodingDefence = <E extends Fault>(
  m: MethodOf<DecodingDefence<E>['apply']>,
): DecodingDefence<E> => ({ stage: 'decoding', ...one(m), apply: m.apply })

/** The pipeline that has this one defence and nothing else. */
export const pipelineOf = <E extends Fault>(defence: Defence<E>): Pipeline<E> => {
  switch (defence.stage) {
    case 'data':
      return { ...noDefence, data: defence }
    case 'training':
      return { ...noDefence, training: defence }
    case 'weights':
      return { ...noDefence, weights: defence }
    case 'decoding':
      return { ...noDefence, decoding: defence }
  }
}

// combinators ------------------------------------------------------------------------------------

const joined = (first: Composed, second: Composed): Composed => ({ steps: [...first.steps, ...second.steps] })

/** Composition of data defences, first to last, with "keep every row" as its identity. */
export const dataMonoid: M.Monoid<DataDefence> = {
  empty: noDefence.data,
  concat: (a, b) => ({ ...joined(a, b), stage: 'data', apply: (d) => pipe(a.apply(d), TE.chain(b.apply)) }),
}
/** Composition of training defences, first to last, with plain fine-tuning as its identity. */
export const trainingMonoid: M.Monoid<TrainingDefence> = {
  empty: noDefence.training,
  concat: (a, b) => ({
    ...joined(a, b),
    stage: 'training',
    apply: (rule, oracle) =>
      pipe(
        a.apply(rule, oracle),
        TE.chain((r) => b.apply(r, oracle)),
      ),
  }),
}
/** Composition of weights defences, first to last, with "the adapter as trained" as its identity. */
export const weightsMonoid: M.Monoid<WeightsDefence> = {
  empty: noDefence.weights,
  concat: (a, b) => ({
    ...joined(a, b),
    stage: 'weights',
    apply: (x) => pipe(a.apply(x), TE.chain(b.apply)),
  }),
}
/** Composition of decoding defences, first to last, with the unchanged model as its identity. */
export const decodingMonoid: M.Monoid<DecodingDefence> = {
  empty: noDefence.decoding,
  concat: (a, b) => ({
    ...joined(a, b),
    stage: 'decoding',
    // Disposing of the second model frees the first; where the second defence fails, the first model is freed here.
    apply: (m) =>
      pipe(
        a.apply(m),
        TE.chain((first) =>
          pipe(
            b.apply(first),
            TE.tapError(() => TE.fromIO(() => (first === m ? undefined : first.dispose()))),
          ),
        ),
      ),
  }),
}

/** Pipelines compose stage by stage: `first`, then `second`. */
export const pipelineMonoid: M.Monoid<Pipeline> = M.struct({
  data: dataMonoid,
  training: trainingMonoid,
  weights: weightsMonoid,
  decoding: decodingMonoid,
})

/**
 * The pipeline of these defences. Each acts at its own stage; several of a stage are applied in the order given; a stage without a
 * defence is the identity. The pipeline's error type is the union of theirs.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { compose, dataDefence, defenceName, isIdentity } from '@safe/tensor-core/contracts'
 * import * as TE from 'fp-ts/TaskEither'
 *
 * const firstRows = (count: number) =>
 *   dataDefence({
 *     name: 'first-rows',
 *     parameters: { count },
 *     apply: (data) => TE.right({ ...data, examples: data.examples.slice(0, count) }),
 *   })
 * const pipeline = compose(firstRows(8), firstRows(4))
 * assert.equal(defenceName(pipeline.data), 'first-rows+first-rows')
 * assert.equal(isIdentity(pipeline.weights), true)
 * ```
 */
export function compose<D extends ReadonlyArray<Defence>>(...defences: D): Pipeline<ErrorOf<D[number]>>
export function compose(...defences: ReadonlyArray<Defence>): Pipeline {
  return M.concatAll(pipelineMonoid)(defences.map(pipelineOf))
}

// destructors ------------------------------------------------------------------------------------

/** Whether a defence does nothing. */
export const isIdentity = (defence: Composed): boolean => defence.steps.length === 0

/** The names of the methods applied, joined by `+`; empty for the identity. */
export const defenceName = ({ steps }: Composed): string => steps.map(({ name }) => name).join('+')
