/**
 * Everything that determines a step of a pipeline: a method's name, options and code, and a hash of every resource that it
 * declares. The ids of cells are computed from it before anything runs, and it is the key of the interpreter's stored steps.
 */
import type { AppliedMethod, Fault, Judge, ResourceName, Stage } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Key } from '@safe/tensor-core/pipeline'
import { type Bench, chosen } from './bench'
import type { Factors } from './factors'
import { judgeOf } from './methodJudges'
import type { LoadedMethod } from './plugins'
import type { EngineUsed } from './ports'

// keys -------------------------------------------------------------------------------------------

/** What determines every step: code, engine, storage type of frozen weights. */
export const environmentKey = (bench: Bench, engine: EngineUsed): Key => ({
  code: bench.code,
  engine: engine.engine,
  dtype: bench.config.dtype,
})

/** The model that is fine-tuned, and how its rows become tokens. */
export const alignedKey = ({ hashes }: Bench): Key => ({
  model: hashes.models.aligned,
  template: hashes.templates.aligned,
})

/** The key of each resource that a method can use, by the resource's name. */
const readsOf = (
  bench: Bench,
  seed: number,
  judge: Judge,
  counterpart: ReadonlyArray<LoadedMethod>,
): Readonly<Record<ResourceName, unknown>> => {
  const { hashes, config, suite } = bench
  return {
    seed,
    train: { ...alignedKey(bench), recipe: config.recipe, seed },
    model: alignedKey(bench),
    gradients: { ...alignedKey(bench), recipe: config.recipe, seed },
    activationNorms: { ...alignedKey(bench), recipe: config.recipe, seed },
    maxNewTokens: suite.maxNewTokens,
    base: hashes.models.base,
    baseModel: { model: hashes.models.base, template: hashes.templates.base },
    aligned: hashes.models.aligned,
    anchor: { model: hashes.models.anchor, template: hashes.templates.anchor },
    safe: hashes.safe,
    references: hashes.references,
    harmful: hashes.harmful,
    judge: judge.id,
    counterpart: counterpart.map((method) => applied(bench, seed, method)),
  }
}

// constructors -----------------------------------------------------------------------------------

/** A method as part of a defence under this seed. */
export const applied = (bench: Bench, seed: number, loaded: LoadedMethod): AppliedMethod => {
  const { method, plugin, options, version, counterpart = [] } = loaded
  const reads = readsOf(bench, seed, judgeOf(bench, loaded), counterpart)
  return {
    name: plugin.name,
    parameters: options,
    reads: {
      module: method.use,
      version,
      ...Object.fromEntries(plugin.needs.map((need) => [need, reads[need]])),
    },
  }
}

/** The methods that a cell's factors name, stage by stage. */
export const appliedMethods = (
  bench: Bench,
  factors: Factors,
): E.Either<Fault, Readonly<Record<Stage, ReadonlyArray<AppliedMethod>>>> => {
  const at = (stage: Stage): E.Either<Fault, ReadonlyArray<AppliedMethod>> =>
    pipe(
      chosen(bench, stage, factors),
      E.map((methods) => methods.map((m) => applied(bench, factors.seed, m))),
    )
  return pipe(
    E.Do,
    E.bind('data', () => at('data')),
    E.bind('training', () => at('training')),
    E.bind('weights', () => at('weights')),
    E.bind('decoding', () => at('decoding')),
  )
}
