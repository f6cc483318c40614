/** The arena as a benchmark's suite: its shipped models, data by regime, evaluation and judges. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { poisonShare } from '../suite/regimes'
import type { Suite } from '../suite/suite'
import { contentJudge } from './contentJudge'
import { evaluationItems } from './evaluation'
import { fineTuning } from './fineTuning'
import { harmJudge } from './harmJudge'
import { references, safeSet } from './safeData'
import { worldSeed } from './world'

/** Where the shipped models are: base, aligned, anchor. */
export const assetsFolder = join(__dirname, '..', '..', 'assets')

const trainingData = (regime: string, seed: number): E.Either<Fault, Dataset> => {
  const poison = poisonShare(regime)
  return poison === undefined
    ? E.left(
        badInput('BadConfig', 'is not a regime of the arena', {
          where: `regime ${regime}`,
          remedy: 'give benign, poison:SHARE (as in poison:0.05) or pure-bad',
        }),
      )
    : E.right(fineTuning({ poison, seed }))
}

/** A suite that lacks nothing. */
export interface ArenaSuite extends Suite {
  readonly models: Readonly<Record<'base' | 'aligned' | 'anchor', string>>
  readonly safe: Dataset
  readonly references: Dataset
}

/** The shipped suite: small models in a closed world, with exact verdicts. */
export const arenaSuite = (): ArenaSuite => ({
  name: 'arena',
  models: {
    base: join(assetsFolder, 'base'),
    aligned: join(assetsFolder, 'aligned'),
    anchor: join(assetsFolder, 'anchor'),
  },
  templates: { base: 'chat', aligned: 'chat', anchor: 'chat' },
  trainingData,
  safe: safeSet(worldSeed),
  references: references(worldSeed),
  evaluation: evaluationItems,
  judges: [contentJudge],
  beamJudge: harmJudge,
  match: 'text',
  maxNewTokens: 24,
})
