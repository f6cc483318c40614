/**
 * What is lent to methods, and the steps from training data to a defended adapter. Every result is kept under the hash of what
 * decides it, so ForgetFilter's first model is the undefended adapter itself, trained once.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type Dataset,
  type Defence,
  type Fault,
  type LoraAdapter,
  type Stage,
  type TrainingDefence,
  type Workbench,
  badInput,
} from '@safe/tensor-core/contracts'
import type { Bench } from '../plan/bench'
import { adapterHash, dataHash } from '../plan/contentHash'
import type { Factors } from '../plan/factors'
import { keptAdapter, keptData } from './keeping'
import { methodKey } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import { type Recipe, changed } from '../config/recipe'
import type { Once } from './workStore'

// model ------------------------------------------------------------------------------------------

/** A bench in a process that does the work. */
export interface Site {
  readonly bench: Bench
  readonly engine: EngineUsed
  readonly once: Once
  readonly signal: AbortSignal
  /** A note on how far the present job is: a share from 0 to 1. */
  readonly onProgress: (share: number, note: string) => void
}

// models -----------------------------------------------------------------------------------------

export const alignedModel = ({ bench }: Site, adapter?: LoraAdapter): TE.TaskEither<Fault, CausalLM> =>
  bench.ports.model({
    model: bench.suite.models.aligned,
    template: bench.suite.template,
    dtype: bench.config.dtype,
    batchSize: bench.config.batchSize,
    ...(adapter === undefined ? {} : { adapter }),
  })

// training ---------------------------------------------------------------------------------------

interface Training {
  readonly data: Dataset
  readonly recipe: Recipe
  readonly seed: number
  readonly init?: LoraAdapter
  /** The method's factor name and its rule. */
  readonly rule?: { readonly name: string; readonly defence: TrainingDefence }
}

/** An adapter by what decides it: data, recipe, seed, start, rule, model, code and engine. */
const trained = (
  site: Site,
  { data, recipe, seed, init, rule }: Training,
): TE.TaskEither<Fault, LoraAdapter> => {
  const { bench, engine, once, signal, onProgress } = site
  return once(
    {
      kind: 'adapter',
      code: bench.code,
      engine: engine.engine,
      dtype: bench.config.dtype,
      model: bench.hashes.models.aligned,
      template: bench.hashes.templates.template,
      data: dataHash(data),
      recipe,
      seed,
      init: init === undefined ? null : adapterHash(init),
      rule:
        rule === undefined
          ? null
          : {
              method: methodKey(bench, 'training', rule.name),
              models: bench.hashes.models,
              safe: bench.hashes.safe,
              references: bench.hashes.references,
            },
    },
    keptAdapter(bench.ports),
    () =>
      bench.ports.train({
        model: bench.suite.models.aligned,
        template: bench.suite.template,
        dtype: bench.config.dtype,
        data,
        recipe,
        seed,
        ...(init === undefined ? {} : { init }),
        ...(rule === undefined ? {} : { rule: rule.defence }),
        signal,
        onStep: (done, total) => onProgress(done / Math.max(1, total), `step ${done} of ${total}`),
      }),
  )
}

// the workbench ----------------------------------------------------------------------------------

export const workbench = (site: Site, seed: number): Workbench => {
  const { bench } = site
  const { models, template, anchorTemplate } = bench.suite
  return {
    seed,
    train: (data, changes, init) =>
      trained(site, {
        data,
        recipe: changed(bench.config.recipe, changes),
        seed,
        ...(init === undefined ? {} : { init }),
      }),
    model: (adapter) => alignedModel(site, adapter),
    anchor: bench.ports.model({
      model: models.anchor,
      template: models.anchor === models.aligned ? template : anchorTemplate,
      dtype: bench.config.dtype,
      batchSize: bench.config.batchSize,
    }),
    maxNewTokens: bench.suite.maxNewTokens,
    safe: bench.suite.safe,
    references: bench.suite.references,
    baseWeights: bench.ports.weights(models.base),
    alignedWeights: bench.ports.weights(models.aligned),
    judge: bench.suite.beamJudge,
  }
}

// stages -----------------------------------------------------------------------------------------

type OfStage<S extends Stage> = Extract<Defence, { readonly stage: S }>

const isOf =
  <S extends Stage>(stage: S) =>
  (d: Defence): d is OfStage<S> =>
    d.stage === stage

/** The defence a factor names, built on the workbench. */
export const defence = <S extends Stage>(
  site: Site,
  stage: S,
  f: Factors,
): TE.TaskEither<Fault, OfStage<S>> => {
  const loaded = site.bench.methods[stage].get(f[stage])
  return loaded === undefined
    ? TE.left(badInput('BadConfig', `there is no ${f[stage]} at the ${stage} stage`, { where: 'stages' }))
    : pipe(
        loaded.plugin.create(loaded.options, workbench(site, f.seed)),
        TE.filterOrElseW(isOf(stage), (d) =>
          badInput('BadConfig', `gave a defence of the ${d.stage} stage, not of ${stage}`, {
            where: f[stage],
          }),
        ),
      )
}

/** The fine-tuning data after the data defence. */
export const defendedData = (site: Site, f: Factors): TE.TaskEither<Fault, Dataset> =>
  pipe(
    TE.fromEither(site.bench.suite.trainingData(f.regime, f.seed)),
    TE.chain((data) =>
      f.data === 'none'
        ? TE.right(data)
        : site.once(
            {
              kind: 'data',
              code: site.bench.code,
              engine: site.engine.engine,
              dtype: site.bench.config.dtype,
              hashes: site.bench.hashes,
              data: dataHash(data),
              recipe: site.bench.config.recipe,
              seed: f.seed,
              method: methodKey(site.bench, 'data', f.data),
            },
            keptData,
            () =>
              pipe(
                defence(site, 'data', f),
                TE.chain((d) => d.apply(data)),
              ),
          ),
    ),
  )

/** The adapter trained on that data under the training defence. */
export const trainedAdapter = (site: Site, f: Factors): TE.TaskEither<Fault, LoraAdapter> =>
  pipe(
    TE.Do,
    TE.bind('data', () => defendedData(site, f)),
    TE.bind('rule', () =>
      f.training === 'none'
        ? TE.right(undefined)
        : pipe(
            defence(site, 'training', f),
            TE.map((d) => ({ name: f.training, defence: d })),
          ),
    ),
    TE.chain(({ data, rule }) =>
      trained(site, {
        data,
        recipe: site.bench.config.recipe,
        seed: f.seed,
        ...(rule === undefined ? {} : { rule }),
      }),
    ),
  )

/** That adapter after the weights defence. */
export const defendedAdapter = (site: Site, f: Factors): TE.TaskEither<Fault, LoraAdapter> =>
  pipe(
    trainedAdapter(site, f),
    TE.chain((adapter) =>
      f.weights === 'none'
        ? TE.right(adapter)
        : site.once(
            {
              kind: 'weights',
              code: site.bench.code,
              engine: site.engine.engine,
              adapter: adapterHash(adapter),
              models: site.bench.hashes.models,
              safe: site.bench.hashes.safe,
              references: site.bench.hashes.references,
              seed: f.seed,
              method: methodKey(site.bench, 'weights', f.weights),
            },
            keptAdapter(site.bench.ports),
            () =>
              pipe(
                defence(site, 'weights', f),
                TE.chain((d) => d.apply(adapter)),
              ),
          ),
    ),
  )
