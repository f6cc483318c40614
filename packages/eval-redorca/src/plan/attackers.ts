/** A benchmark whose fine-tuning is an attacker's: another recipe, other rows. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, type RecipeChanges, badInput } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { withChanges } from '@safe/tensor-core/lm'
import type { Attacker } from '../config/attackers'
import { benignRowsOf } from '../config/benignRows'
import type { BenchConfig } from '../config/config'
import { poisonShare } from '../config/regimes'
import { type Suite, isLabelledHarmful } from '../suite/suite'
import { rewrites, rewrittenRows, triggeredItems } from './attackedRows'
import { benignRows } from './benignRows'
import type { Factors } from './factors'
import type { Hashes } from './hashes'

// rows -------------------------------------------------------------------------------------------

/** How many times the harmful rows an attacker has to choose from, at most. */
const moreRows = [4, 2]

/** Harmful rows to choose from, among the clean ones: a larger share of the same draw, where there is one, else the rows themselves. */
export const candidateRows = (
  { trainingData }: Pick<Suite, 'trainingData'>,
  { regime, seed }: Pick<Factors, 'regime' | 'seed'>,
): E.Either<Fault, Dataset> => {
  const share = poisonShare(regime) ?? 0
  const larger = moreRows
    .filter((times) => share > 0 && share * times <= 1)
    .map((times) => trainingData(`poison:${share * times}`, seed))
    .find(E.isRight)
  return larger ?? trainingData(regime, seed)
}

/** Harmful rows as the attacker writes them. @returns left: no row is known to be harmful */
const attackedRows =
  (attacker: Attacker, { trainingData, isHarmful }: Suite): Suite['trainingData'] =>
  (regime, seed) =>
    pipe(
      trainingData(regime, seed),
      E.filterOrElse(
        ({ examples }) => examples.some(isHarmful),
        ({ name }): Fault =>
          badInput('BadConfig', 'changes harmful rows, and no row is known to be harmful', {
            where: name,
            remedy: 'label harmful rows with unsafe: 1, name suite.training.harmful, or raise the share',
          }),
      ),
      E.map((data) => rewrittenRows(data, attacker, isHarmful)),
    )

// constructors -----------------------------------------------------------------------------------

/** The attacker of this name; none of its own without one. */
export const attackerOf = (
  { attackers }: Pick<BenchConfig, 'attackers'>,
  name: string | undefined,
): Attacker => (name === undefined ? undefined : attackers[name]) ?? {}

/** The parts of a benchmark that an attacker changes. */
interface Attackable {
  readonly suite: Suite
  readonly hashes: Hashes
  readonly config: BenchConfig
}

/** Rewritten rows are known by their label. */
const knownHarmful =
  ({ isHarmful }: Suite): Suite['isHarmful'] =>
  (row) =>
    isHarmful(row) || isLabelledHarmful(row)

/** The rows that an attacker fine-tunes on or chooses from, where it changes them. */
const changedRows = (attacker: Attacker, suite: Suite): Pick<Suite, 'trainingData'> | undefined => {
  const choice = benignRowsOf(attacker)
  if (choice !== undefined)
    return {
      trainingData: (regime, seed) =>
        pipe(suite.trainingData(regime, seed), E.chain(benignRows(choice, suite))),
    }
  return rewrites(attacker) || attacker.evade !== undefined
    ? { trainingData: attackedRows(attacker, suite) }
    : undefined
}

/** Whether the rows of an attacker are chosen by work of their own, before anything is trained on them. */
export const choosesRows = (
  { config }: { readonly config: Pick<BenchConfig, 'attackers'> },
  { attacker }: Pick<Factors, 'attacker'>,
): boolean => {
  const settings = attackerOf(config, attacker)
  return settings.evade !== undefined || settings.rows === 'eroding'
}

const recipeChanges = ({ lr, epochs, maxSteps, batchSize }: Attacker): RecipeChanges => ({
  ...(lr === undefined ? {} : { lr }),
  ...(epochs === undefined ? {} : { epochs }),
  ...(maxSteps === undefined ? {} : { maxSteps }),
  ...(batchSize === undefined ? {} : { batchSize }),
})

/** The benchmark under an attacker, by its name; without one, as it is. Adapters that were fine-tuned before are not the attacker's. */
export const attackedBy = <B extends Attackable>(bench: B, name: string | undefined): B => {
  if (name === undefined) return bench
  const { suite, hashes, config } = bench
  const attacker = attackerOf(config, name)
  const evaluation = triggeredItems(suite.evaluation, attacker)
  const rows = changedRows(attacker, suite)
  const { rank = config.recipe.rank, alpha = config.recipe.alpha } = attacker
  return {
    ...bench,
    config: { ...config, recipe: { ...withChanges(config.recipe, recipeChanges(attacker)), rank, alpha } },
    hashes: {
      ...hashes,
      adapters: {},
      ...(evaluation === suite.evaluation ? {} : { evaluation: contentHash(evaluation) }),
    },
    suite: {
      ...suite,
      evaluation,
      ...(suite.adapters === undefined ? {} : { adapters: {} }),
      ...(rows === undefined ? {} : { ...rows, isHarmful: knownHarmful(suite) }),
    },
  }
}
