/**
 * A defence is an endomorphism of one stage: it takes what the stage carries and gives back the same kind of thing, safer.
 * Endomorphisms of a stage compose and have an identity ("no defence"): a monoid per stage. A pipeline is one element of each.
 */
import type { Monoid } from 'fp-ts/Monoid'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset } from './data'
import type { DefenceError } from './errors'
import type { GradientOracle } from './gradients'
import type { CausalLM } from './model'
import type { UpdateRule } from './training'
import type { LoraAdapter } from './weights'

// model ------------------------------------------------------------------------------------------

/** The stages of fine-tuning at which a defence can act, in the order in which a pipeline runs them. */
export const stages = ['data', 'training', 'weights', 'decoding'] as const
/** The name of a stage. */
export type Stage = (typeof stages)[number]

/** Options that decide what a defence does, as plain JSON: they are hashed into a benchmark's cell and shown in its report. */
export type Parameters = Readonly<Record<string, unknown>>

interface Named {
  /** The method's name; the identity is called `none`. */
  readonly name: string
  readonly parameters: Parameters
}

/**
 * A defence of the data stage: rows in, rows out (ForgetFilter keeps those that a safe phase does not make the model
 * forget).
 */
export interface DataDefence extends Named {
  readonly stage: 'data'
  readonly apply: (dataset: Dataset) => TE.TaskEither<DefenceError, Dataset>
}
/**
 * A defence of the training stage: another way to turn a batch into a gradient (DualSelect). It never sees what a
 * gradient is made of: `G` is opaque, and the oracle does what can be done with it.
 */
export interface TrainingDefence extends Named {
  readonly stage: 'training'
  readonly apply: <G>(
    rule: UpdateRule<G>,
    oracle: GradientOracle<G>,
  ) => TE.TaskEither<DefenceError, UpdateRule<G>>
}
/**
 * A defence of the weights stage: a trained adapter in, a corrected one out (CSULoRA). Nothing is trained, nothing is
 * decoded.
 */
export interface WeightsDefence extends Named {
  readonly stage: 'weights'
  readonly apply: (adapter: LoraAdapter) => TE.TaskEither<DefenceError, LoraAdapter>
}
/**
 * A defence of the decoding stage: a model in, a model out that completes prompts more safely (AlignBeam). What it
 * gives back is the caller's to dispose of, and disposes of the model it was given.
 */
export interface DecodingDefence extends Named {
  readonly stage: 'decoding'
  readonly apply: (model: CausalLM) => TE.TaskEither<DefenceError, CausalLM>
}
/** A defence of any stage; `stage` tells which. */
export type Defence = DataDefence | TrainingDefence | WeightsDefence | DecodingDefence

/** dataset |> data |> train with update rule |> adapter |> weights |> attach to model |> decode */
export interface Pipeline {
  readonly data: DataDefence
  readonly training: TrainingDefence
  readonly weights: WeightsDefence
  readonly decoding: DecodingDefence
}

// constructors -----------------------------------------------------------------------------------

/** "No defence" at each stage. */
export const noDefence: Pipeline = {
  data: { stage: 'data', name: 'none', parameters: {}, apply: (d) => TE.right(d) },
  training: { stage: 'training', name: 'none', parameters: {}, apply: (rule) => TE.right(rule) },
  weights: { stage: 'weights', name: 'none', parameters: {}, apply: (a) => TE.right(a) },
  decoding: { stage: 'decoding', name: 'none', parameters: {}, apply: (m) => TE.right(m) },
}

/** The pipeline that has this one defence and nothing else. */
export const pipelineOf = (defence: Defence): Pipeline => {
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

/** The name and parameters of `first, then second`; the identity leaves no trace, which makes the laws hold by name too. */
const named = (first: Named, second: Named): Named =>
  first.name === 'none'
    ? { name: second.name, parameters: second.parameters }
    : second.name === 'none'
      ? { name: first.name, parameters: first.parameters }
      : {
          name: `${first.name}+${second.name}`,
          parameters: { steps: [...stepsOf(first), ...stepsOf(second)] },
        }

const stepsOf = (d: Named): ReadonlyArray<unknown> => {
  const { steps } = d.parameters
  return d.name.includes('+') && Array.isArray(steps) ? steps : [{ name: d.name, parameters: d.parameters }]
}

/** Composition of data defences, first to last, with "keep every row" as its identity. */
export const dataMonoid: Monoid<DataDefence> = {
  empty: noDefence.data,
  concat: (a, b) => ({ ...named(a, b), stage: 'data', apply: (d) => pipe(a.apply(d), TE.chain(b.apply)) }),
}
/** Composition of training defences, first to last, with plain fine-tuning as its identity. */
export const trainingMonoid: Monoid<TrainingDefence> = {
  empty: noDefence.training,
  concat: (a, b) => ({
    ...named(a, b),
    stage: 'training',
    apply: (rule, oracle) =>
      pipe(
        a.apply(rule, oracle),
        TE.chain((r) => b.apply(r, oracle)),
      ),
  }),
}
/** Composition of weights defences, first to last, with "the adapter as trained" as its identity. */
export const weightsMonoid: Monoid<WeightsDefence> = {
  empty: noDefence.weights,
  concat: (a, b) => ({ ...named(a, b), stage: 'weights', apply: (x) => pipe(a.apply(x), TE.chain(b.apply)) }),
}
/** Composition of decoding defences, first to last, with the model as it is as its identity. */
export const decodingMonoid: Monoid<DecodingDefence> = {
  empty: noDefence.decoding,
  concat: (a, b) => ({
    ...named(a, b),
    stage: 'decoding',
    apply: (m) => pipe(a.apply(m), TE.chain(b.apply)),
  }),
}

/** Pipelines compose stage by stage: `first`, then `second`. */
export const pipelineMonoid: Monoid<Pipeline> = {
  empty: noDefence,
  concat: (a, b) => ({
    data: dataMonoid.concat(a.data, b.data),
    training: trainingMonoid.concat(a.training, b.training),
    weights: weightsMonoid.concat(a.weights, b.weights),
    decoding: decodingMonoid.concat(a.decoding, b.decoding),
  }),
}
