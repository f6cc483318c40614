/** The arena as a benchmark's suite: a world's models, data by regime, evaluation and judges. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import type { ArenaBeamJudge, ArenaChoice } from '../config/arenaConfig'
import { givenRegime, poisonShare } from '../config/regimes'
import { type Suite, isLabelledHarmful } from '../suite/suite'
import { contentJudge } from './contentJudge'
import { evaluationItems } from './evaluation'
import { fineTuning, harmfulRows } from './fineTuning'
import { guardJudgeOf } from './guardJudge'
import { harmJudgeOf } from './harmJudge'
import { type ModelName, assetsFolder, checkModels, modelsIn } from './modelsFolder'
import { references, safeSet } from './safeData'
import { type World, arenaWorld, shippedSeed } from './world'

// model ------------------------------------------------------------------------------------------

/** A suite that lacks nothing. */
export interface ArenaSuite extends Suite {
  readonly models: Readonly<Record<ModelName, string>>
  readonly safe: Dataset
  readonly references: Dataset
  readonly harmful: Dataset
}

// parts ------------------------------------------------------------------------------------------

/** @param adapter whether an adapter was given, which has no rows */
const trainingData =
  (world: World, adapter: boolean) =>
  (regime: string, seed: number): E.Either<Fault, Dataset> => {
    if (adapter && regime === givenRegime) return E.right({ name: regime, examples: [] })
    const poison = poisonShare(regime)
    return poison === undefined
      ? E.left(
          badInput('BadConfig', 'is not a regime of the arena', {
            where: `regime ${regime}`,
            remedy: 'give benign, poison:SHARE (as in poison:0.05) or pure-bad',
          }),
        )
      : E.right(fineTuning(world, { poison, seed }))
  }

const beamJudges: Readonly<Record<ArenaBeamJudge, (world: World) => Judge>> = {
  'arena-guard': guardJudgeOf,
  'arena-harm': harmJudgeOf,
}

// constructors -----------------------------------------------------------------------------------

/** A world's suite: small models in a closed world, with exact verdicts. By default the shipped one. */
export const arenaSuite = (choice: Partial<ArenaChoice> = {}): ArenaSuite => {
  const { world: seed = shippedSeed, models: folder = assetsFolder, beamJudge = 'arena-guard' } = choice
  const { aligned, adapter } = choice
  const world = arenaWorld(seed)
  const models = modelsIn(folder)
  return {
    name: seed === shippedSeed ? 'arena' : `arena of world ${seed}`,
    models: { ...models, aligned: aligned ?? models.aligned },
    ...(adapter === undefined ? {} : { adapters: { [givenRegime]: adapter } }),
    templates: { base: 'chat', aligned: 'chat', anchor: 'chat' },
    trainingData: trainingData(world, adapter !== undefined),
    isHarmful: isLabelledHarmful,
    safe: safeSet(world, seed),
    references: references(world, seed),
    harmful: harmfulRows(world, seed),
    evaluation: evaluationItems(world),
    judges: [contentJudge],
    beamJudge: beamJudges[beamJudge](world),
    match: 'text',
    maxNewTokens: 24,
  }
}

/**
 * A world's suite, after a look at its models.
 *
 * @returns left: the folder has no models of this world; the message names the command that builds them
 */
export const openArenaSuite = (choice: Partial<ArenaChoice> = {}): TE.TaskEither<Fault, ArenaSuite> =>
  pipe(
    checkModels(choice.world ?? shippedSeed, choice.models ?? assetsFolder),
    TE.map(() => arenaSuite(choice)),
  )
