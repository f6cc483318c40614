/**
 * How well the thresholds of `@safe/forgetfilter` find harmful rows of the arena, from rates that a model was trained for:
 *
 *   node --conditions=@safe/source --import tsx tools/forgetfilter/arenaThresholds.ts --out DIR [--shares 0,0.05] [--seeds 1,2,3]
 *     [--jobs 2]
 *
 * For each share of harmful rows and each seed `forgetfilter run` measures all rows and 100 canaries, benign rows of another draw; its
 * audits are kept, so a stopped run goes on.
 */
import { command, main } from '@safe/tensor-core/cli'
import { type Dataset, promptText, responseText, textExample } from '@safe/tensor-core/contracts'
import { arenaSuite, arenaWorld, fineTuning, shippedSeed } from '../../packages/eval-redorca/src/arena'
import { type ThresholdSource, drawOptions, thresholdsOf } from './thresholdDraws'

// data -------------------------------------------------------------------------------------------

const canaryCount = 100
/** Seeds of canaries are far from those of the data. */
const canarySeeds = 1000

const world = arenaWorld(shippedSeed)
const suite = arenaSuite()

/** Benign rows that are not among these. */
const canariesBeside = (noisy: Dataset, seed: number): Dataset => {
  const known = new Set(noisy.examples.map(({ prompt }) => JSON.stringify(prompt)))
  return {
    name: 'canaries',
    examples: fineTuning(world, { poison: 0, seed: canarySeeds + seed })
      .examples.filter(({ prompt }) => !known.has(JSON.stringify(prompt)))
      .slice(0, canaryCount)
      .map(({ prompt, response, fields }, i) =>
        textExample(`canary-${i}`, promptText(prompt), responseText(response), fields),
      ),
  }
}

/** The arena's recipe, and ForgetFilter as the arena configures it. */
const recipe = [
  ...[
    '--signal',
    'rouge',
    '--phi',
    '0.1',
    '--steps',
    '100',
    '--safe-lr',
    '5e-4',
    '--rank',
    '8',
    '--alpha',
    '16',
  ],
  ...[
    '--dropout',
    '0',
    '--target-modules',
    'all-linear',
    '--lr',
    '1e-3',
    '--epochs',
    '6',
    '--batch-size',
    '16',
  ],
  ...['--max-length', '128', '--warmup-steps', '10', '--schedule', 'linear', '--max-new-tokens', '24'],
]

const source: ThresholdSource = {
  name: 'arena',
  description: 'ROUGE rates of the arena’s aligned model',
  noisy: (draw) => fineTuning(world, { poison: draw.share, seed: draw.seed }),
  canaries: ({ seed }, noisy) => canariesBeside(noisy, seed),
  safe: suite.safe,
  model: suite.models.aligned,
  recipe,
}

// command ----------------------------------------------------------------------------------------

main({
  name: 'arenaThresholds',
  version: '0',
  description: 'thresholds of forgetting rates on the arena',
  commands: [
    command({
      name: '',
      description: 'thresholds of forgetting rates on the arena',
      options: drawOptions,
      run: (choice, context) => thresholdsOf(source, choice, context),
    }),
  ],
})
