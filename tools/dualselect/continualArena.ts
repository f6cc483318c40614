/**
 * Three tasks of the arena learned in turn, with DualSelect, A-GEM, replay and plain training:
 *
 *   node --conditions=@safe/source --import tsx tools/dualselect/continualArena.ts --out DIR [--seeds 1,2,3] [--rows 400]
 *
 * Adapters and outcomes are kept in the folder, so a stopped run goes on with the same command. `--seed` draws the rows.
 */
import {
  command,
  commaSeparated,
  count,
  flag,
  folder,
  integer,
  main,
  required,
  share,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/cli'
import { promptText } from '@safe/tensor-core/contracts'
import { arenaSuite, arenaWorld, shippedSeed } from '../../packages/eval-redorca/src/arena'
import { arenaTasks } from './arenaTasks'
import { continualStudy } from './continualRun'

// recipe -----------------------------------------------------------------------------------------

/**
 * The arena's recipe, and DualSelect at the strength that the arena selected on its validation items (docs/equal-utility.md). The judge is
 * the list that knows every refusal of the arena: `refusal` misses one of its six wordings.
 */
const recipe = [
  ...['--rank', '8', '--alpha', '16', '--dropout', '0', '--target-modules', 'all-linear', '--lr', '1e-3'],
  ...['--batch-size', '16', '--max-length', '128', '--lr-warmup-steps', '10', '--schedule', 'linear'],
  ...['--warmup-steps', '10', '--refresh', '5', '--rho', '1', '--token-budget', '0.8'],
  ...['--max-new-tokens', '24', '--judge', 'refusal-openings'],
]

const suite = arenaSuite()

// command ----------------------------------------------------------------------------------------

main({
  name: 'continualArena',
  version: '0',
  description: 'tasks of the arena learned in turn',
  commands: [
    command({
      name: '',
      description: 'tasks of the arena learned in turn',
      options: {
        out: required(folder('where rows, adapters and outcomes are kept')),
        seeds: withDefault([1, 2, 3], commaSeparated(integer('seed of training and buffer', { min: 0 }))),
        rows: withDefault(400, count('rows of each task to learn')),
        poison: withDefault(0.05, share('share of these that comply with harmful requests')),
        test: withDefault(100, count('the most rows of each task to be measured on')),
        epochs: withDefault(6, count('passes over each task')),
        replayBuffer: withDefault(64, wholeFromZero('rows of earlier tasks kept in all')),
        dryRun: flag('write the rows, show the command and run nothing'),
      },
      run: ({ out, seeds, rows, poison, test, epochs, replayBuffer, dryRun }, { common: { seed, engine } }) =>
        continualStudy({
          out,
          dryRun,
          model: suite.models.aligned,
          tasks: arenaTasks(arenaWorld(shippedSeed), { rows, poison, test, seed }),
          references: suite.references,
          safety: suite.evaluation
            .filter(({ set, split }) => set === 'harmful' && split === 'test')
            .map(({ id, prompt, cluster }) => ({ id, prompt: promptText(prompt), cluster })),
          ...{ seeds, replayBuffer, seed },
          recipe: ['--epochs', String(epochs), '--engine', engine, ...recipe],
        }),
    }),
  ],
})
