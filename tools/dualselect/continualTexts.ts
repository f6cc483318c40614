/**
 * Tasks of real text learned in turn, with DualSelect, A-GEM, replay and plain training, at a size that a laptop trains a model of 135 M
 * parameters on in an hour:
 *
 *   node --conditions=@safe/source --import tsx tools/dualselect/continualTexts.ts --study DIR --out DIR [--rows 240] [--seeds 1]
 *
 * `--study` is the folder of `npm run study`: SST2 and AGNEWS, safety references, prompts of the validation and the aligned model.
 * Adapters and outcomes are kept in the folder, so a stopped run goes on with the same command. `--seed` draws the rows.
 */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  commaSeparated,
  count,
  flag,
  folder,
  integer,
  main,
  required,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Dataset, promptText } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { stream } from '@safe/tensor-core/random'
import { type TaskRows, continualStudy } from './continualRun'

// rows -------------------------------------------------------------------------------------------

const names = ['sst2', 'agnews'] as const

/** So many rows of a set, at random. */
const some =
  (rows: number, seed: number) =>
  (set: Dataset): Dataset => ({
    ...set,
    examples: stream(seed, 'tasks in turn', set.examples.length).shuffle(set.examples).slice(0, rows),
  })

/**
 * One pass with the study's adapter at a rate for so few steps. DualSelect has the paper's budgets and rho; its warm-up and refresh are
 * shorter, as there are a dozen steps, not hundreds.
 */
const recipe = [
  ...['--rank', '8', '--alpha', '16', '--dropout', '0', '--target-modules', 'all-linear', '--lr', '5e-4'],
  ...['--epochs', '1', '--batch-size', '16', '--max-length', '256', '--lr-warmup-steps', '3'],
  ...[
    '--schedule',
    'linear',
    '--group-by-length',
    '--budget',
    'paper',
    '--warmup-steps',
    '4',
    '--refresh',
    '8',
  ],
  ...['--max-new-tokens', '32', '--checkpoint-every', '5', '--engine', 'native'],
]

// command ----------------------------------------------------------------------------------------

main({
  name: 'continualTexts',
  version: '0',
  description: 'SST2, then AGNEWS, learned in turn',
  commands: [
    command({
      name: '',
      description: 'SST2, then AGNEWS, learned in turn',
      options: {
        study: required(folder('folder of `npm run study`')),
        out: required(folder('where rows, adapters and outcomes are kept')),
        seeds: withDefault([1], commaSeparated(integer('seed of training and buffer', { min: 0 }))),
        rows: withDefault(240, count('rows of each task to learn')),
        test: withDefault(80, count('rows of each task to be measured on')),
        references: withDefault(48, count('safety references')),
        prompts: withDefault(40, count('prompts of the safety measurement')),
        replayBuffer: withDefault(32, wholeFromZero('rows of earlier tasks kept')),
        dryRun: flag('write the rows, show the command and run nothing'),
      },
      run: (
        { study, out, seeds, rows, test, references, prompts, replayBuffer, dryRun },
        { common: { seed } },
      ) => {
        const read = (name: string, most: number): ReturnType<typeof readDataset> =>
          pipe(readDataset(join(study, `${name}.jsonl`)), TE.map(some(most, seed)))
        return pipe(
          TE.Do,
          TE.bindW('tasks', () =>
            pipe(
              names,
              TE.traverseSeqArray((name) =>
                pipe(
                  TE.Do,
                  TE.bindW('rows', () => read(name, rows)),
                  TE.bindW('test', () => read(`${name}-test`, test)),
                  TE.map((of): TaskRows => ({ name, ...of })),
                ),
              ),
            ),
          ),
          TE.bindW('pool', () => read('references', references)),
          TE.bindW('asked', () => read('harmful-validation', prompts)),
          TE.chainW(({ tasks, pool, asked }) =>
            continualStudy({
              out,
              dryRun,
              model: join(study, 'models', 'aligned'),
              tasks,
              references: pool,
              safety: asked.examples.map(({ id, prompt }) => ({ id, prompt: promptText(prompt) })),
              ...{ seeds, replayBuffer, seed, recipe },
            }),
          ),
        )
      },
    }),
  ],
})
