/** The pipeline that a cell's factors name. A defence is built only when it is applied: where its result is already stored, it is
 * not built. */
import * as E from 'fp-ts/Either'
import * as M from 'fp-ts/Monoid'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Dataset,
  type DecodingDefence,
  type Defence,
  type DefenceOf,
  type Diagnostics,
  type Fault,
  type Pipeline,
  type Stage,
  type TrainingDefence,
  type UpdateRule,
  type WeightsDefence,
  badInput,
  dataMonoid,
  decodingMonoid,
  noDefence,
  stages,
  trainingMonoid,
  weightsMonoid,
} from '@safe/tensor-core/contracts'
import { interpret } from '@safe/tensor-core/pipeline'
import { applied } from '../plan/applied'
import { benignRowsOf } from '../config/benignRows'
import { evadingRows } from '../plan/attackedRows'
import { attackerOf, candidateRows } from '../plan/attackers'
import { chosen, evadedFilters } from '../plan/bench'
import type { Factors } from '../plan/factors'
import { judgeOf } from '../plan/methodJudges'
import { type LoadedMethod, loadedName } from '../plan/plugins'
import { chosenBenignRows } from './erodingRows'
import { noteDiagnostics, unmeasured } from './meter'
import { type Provision, provisionOf, resourcesOf } from './resources'
import { runtimeOf } from './runtime'
import type { Site } from './site'

// one method -------------------------------------------------------------------------------------

/** A plugin may be plain JavaScript, and give anything. */
const stageOf = (u: unknown): Stage | undefined =>
  typeof u === 'object' && u !== null && 'stage' in u ? stages.find((stage) => stage === u.stage) : undefined

const isOf =
  <S extends Stage>(stage: S) =>
  (d: Defence): d is Extract<Defence, { readonly stage: S }> =>
    stageOf(d) === stage

/** A method ready to be applied, with a check of the resources it uses. */
interface Ready<S extends Stage> {
  readonly steps: DefenceOf<S>['steps']
  readonly made: TE.TaskEither<Fault, Extract<Defence, { readonly stage: S }>>
  readonly watched: Provision['watched']
}

const readied = <S extends Stage>(site: Site, f: Factors, stage: S, loaded: LoadedMethod): Ready<S> => {
  const { seed } = f
  const { plugin, options, counterpart = [] } = loaded
  const record = (values: Diagnostics): void => noteDiagnostics(loadedName(loaded), values)
  const { resources, watched } = provisionOf(
    plugin,
    resourcesOf(site, seed, {
      judge: judgeOf(site.bench, loaded),
      ...(counterpart.length > 0 ? { counterpart: filteredBy(site, f, counterpart) } : {}),
    }),
  )
  return {
    steps: [applied(site.bench, seed, loaded)],
    watched,
    made: pipe(
      TE.Do,
      TE.chain((): TE.TaskEither<Fault, Defence> => plugin.create(options, resources, record)),
      TE.filterOrElse(isOf(stage), (d): Fault =>
        badInput(
          'BadConfig',
          stageOf(d) === undefined
            ? 'returned no defence'
            : `returned a defence of the ${d.stage} stage, not of ${stage}`,
          { where: loadedName(loaded), remedy: 'correct that plugin' },
        ),
      ),
    ),
  }
}

const watchedRule = <G, R extends Fault>(
  rule: UpdateRule<G, R>,
  watched: Provision['watched'],
): UpdateRule<G, R | Fault> => ({
  ...rule,
  step: (state, at) => watched(rule.step(state, at)),
  endEpoch: (state, epoch) => watched(rule.endEpoch(state, epoch)),
})

// each stage -------------------------------------------------------------------------------------

const dataMethod = ({ steps, made, watched }: Ready<'data'>): DataDefence => ({
  stage: 'data',
  steps,
  apply: (data) =>
    watched(
      pipe(
        made,
        TE.chain((d) => d.apply(data)),
      ),
    ),
})
const trainingMethod = ({ steps, made, watched }: Ready<'training'>): TrainingDefence => ({
  stage: 'training',
  steps,
  apply: (rule, oracle) =>
    pipe(
      watched(
        pipe(
          made,
          TE.chain((d) => d.apply(rule, oracle)),
        ),
      ),
      TE.map((defended) => watchedRule(defended, watched)),
    ),
})
const weightsMethod = ({ steps, made, watched }: Ready<'weights'>): WeightsDefence => ({
  stage: 'weights',
  steps,
  apply: (adapter) =>
    watched(
      pipe(
        made,
        TE.chain((d) => d.apply(adapter)),
      ),
    ),
})
/** The rows that these filters keep of this data: a step like any other, so computed once. */
const keptBy =
  (site: Site, f: Factors, filters: ReadonlyArray<LoadedMethod>) =>
  (data: Dataset): TE.TaskEither<Fault, Dataset> =>
    interpret(runtimeOf(site))(
      {
        ...noDefence,
        data: M.concatAll(dataMonoid)(filters.map((m) => dataMethod(readied(site, f, 'data', m)))),
      },
      { data, recipe: site.bench.config.recipe, seed: f.seed },
    ).data

/** The rows that these filters keep of the data of these factors. */
const filteredBy = (
  site: Site,
  f: Factors,
  filters: ReadonlyArray<LoadedMethod>,
): TE.TaskEither<Fault, Dataset> => pipe(trainingRows(site, f), TE.chain(keptBy(site, f, filters)))

/** The harmful rows that pass a filter, which the attacker knows as configured and applies to more harmful rows. */
const evading = (site: Site, f: Factors, evade: string, rows: Dataset): TE.TaskEither<Fault, Dataset> => {
  const { suite } = site.bench
  return pipe(
    TE.Do,
    TE.bind('candidates', () => TE.fromEither(candidateRows(suite, f))),
    TE.bind('filters', () => TE.fromEither(evadedFilters(site.bench, f, evade))),
    TE.bind('kept', ({ filters, candidates }) => keptBy(site, f, filters)(candidates)),
    TE.map(({ kept }) => evadingRows(rows, kept, suite.isHarmful)),
  )
}

/** The rows that the model of these factors is fine-tuned on. What an attacker does to choose them is no cost of a defence. */
export const trainingRows = (site: Site, f: Factors): TE.TaskEither<Fault, Dataset> => {
  const { suite, config } = site.bench
  const attacker = attackerOf(config, f.attacker)
  const choice = benignRowsOf(attacker)
  const { evade } = attacker
  return pipe(
    TE.fromEither(suite.trainingData(f.regime, f.seed)),
    TE.chain((rows) =>
      choice !== undefined
        ? unmeasured(chosenBenignRows(site, f.seed, choice, rows))
        : evade !== undefined
          ? unmeasured(evading(site, f, evade, rows))
          : TE.right(rows),
    ),
  )
}

const decodingMethod = ({ steps, made, watched }: Ready<'decoding'>): DecodingDefence => ({
  stage: 'decoding',
  steps,
  apply: (model) =>
    watched(
      pipe(
        made,
        TE.chain((d) => d.apply(model)),
      ),
    ),
})

// constructors -----------------------------------------------------------------------------------

/** A pipeline, and the check of the resources that its decoding methods use during generation. */
export interface WatchedPipeline {
  readonly pipeline: Pipeline
  readonly watched: Provision['watched']
}

/** The pipeline of a cell: each stage's methods folded by its monoid. */
export const pipelineOf = (site: Site, f: Factors): E.Either<Fault, WatchedPipeline> => {
  const methods = (stage: Stage): E.Either<Fault, ReadonlyArray<LoadedMethod>> => chosen(site.bench, stage, f)
  return pipe(
    E.Do,
    E.bind('data', () => methods('data')),
    E.bind('training', () => methods('training')),
    E.bind('weights', () => methods('weights')),
    E.bind('decoding', () => methods('decoding')),
    E.let('decoders', ({ decoding }) => decoding.map((m) => readied(site, f, 'decoding', m))),
    E.map(({ data, training, weights, decoders }) => ({
      watched: (work) => decoders.reduce((inner, { watched }) => watched(inner), work),
      pipeline: {
        data: M.concatAll(dataMonoid)(data.map((m) => dataMethod(readied(site, f, 'data', m)))),
        training: M.concatAll(trainingMonoid)(
          training.map((m) => trainingMethod(readied(site, f, 'training', m))),
        ),
        weights: M.concatAll(weightsMonoid)(
          weights.map((m) => weightsMethod(readied(site, f, 'weights', m))),
        ),
        decoding: M.concatAll(decodingMonoid)(decoders.map(decodingMethod)),
      },
    })),
  )
}
