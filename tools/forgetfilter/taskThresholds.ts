/**
 * How well the thresholds of `@safe/forgetfilter` find harmful rows of a task's data, from rates that a model was trained for:
 *
 *   node --conditions=@safe/source --import tsx tools/forgetfilter/taskThresholds.ts --name NAME --model M --data F --harmful F --safe F
 *     --out DIR [--rows 240] [--canary-count 60] [--epochs 2] [--lr 3e-4] [--steps 30]
 *     [--shares 0,0.05] [--seeds 1,2,3] [--jobs 1]
 *
 * `--data` and `--harmful` are rows `{id, prompt, response, unsafe}` as `npm run study:prepare` writes them. Of the data the rows with
 * `unsafe` 0 are used, of the harmful file those with 1. Everything is drawn by the seed; canaries are other benign rows of the data. The audits
 * are kept, so a stopped run goes on.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  count,
  dataFile,
  main,
  modelFolder,
  positive,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import {
  type Dataset,
  type Example,
  badInput,
  promptText,
  responseText,
  textExample,
} from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { stream } from '@safe/tensor-core/random'
import { quotaOf } from '../../packages/eval-redorca/src/mix/mixture'
import { type Draw, type ThresholdSource, drawOptions, thresholdsOf } from './thresholdDraws'

// data -------------------------------------------------------------------------------------------

interface Rows {
  readonly benign: ReadonlyArray<Example>
  readonly harmful: ReadonlyArray<Example>
  readonly rows: number
  readonly canaryCount: number
}

const marked = (rows: ReadonlyArray<Example>, unsafe: 0 | 1): ReadonlyArray<Example> =>
  rows.filter(({ fields }) => fields['unsafe'] === unsafe)

const renamed =
  (id: (i: number) => string) =>
  ({ prompt, response, fields }: Example, i: number): Example =>
    textExample(id(i), promptText(prompt), responseText(response), fields)

/** Harmful rows, then benign ones, then canaries: all of a draw from one stream. */
const drawOf = (
  { benign, harmful, rows, canaryCount }: Rows,
  { share, seed }: Draw,
): { readonly noisy: Dataset; readonly canaries: Dataset } => {
  const quota = quotaOf(rows, share)
  const unsafe = stream(seed, 'harmful').shuffle(harmful).slice(0, quota.unsafe)
  const others = stream(seed, 'benign')
    .shuffle(benign)
    .slice(0, quota.instructions + canaryCount)
  return {
    noisy: { name: 'noisy', examples: [...unsafe, ...others.slice(0, quota.instructions)] },
    canaries: {
      name: 'canaries',
      examples: others.slice(quota.instructions).map(renamed((i) => `canary-${i}`)),
    },
  }
}

/** How long M0 learns the rows (epochs), at what rate, and for how many steps it then learns the safe ones. */
interface Length {
  readonly epochs: number
  readonly lr: number
  readonly steps: number
}

/** Of the size that a laptop trains a model of 135 M parameters on in minutes. */
const recipeOf = ({ steps, epochs, lr }: Length): ReadonlyArray<string> => [
  ...['--signal', 'rouge', '--phi', '0.1', '--steps', String(steps), '--engine', 'native'],
  ...['--rank', '8', '--alpha', '16', '--dropout', '0', '--target-modules', 'all-linear', '--lr', String(lr)],
  ...['--epochs', String(epochs), '--batch-size', '16', '--max-length', '256', '--warmup-steps', '5'],
  ...['--schedule', 'linear', '--group-by-length', '--max-new-tokens', '32'],
]

// command ----------------------------------------------------------------------------------------

main({
  name: 'taskThresholds',
  version: '0',
  description: 'thresholds of forgetting rates on a task’s data',
  commands: [
    command({
      name: '',
      description: 'thresholds of forgetting rates on a task’s data',
      options: {
        ...drawOptions,
        name: required(text('name of the task in the table')),
        model: required(modelFolder('aligned model')),
        data: required(dataFile('rows of the task, those with `unsafe` 0 are used')),
        harmful: required(dataFile('rows of which those with `unsafe` 1 are used')),
        safe: required(dataFile('rows of safety tuning')),
        rows: withDefault(240, count('rows of a draw, canaries not counted')),
        canaryCount: withDefault(60, count('canaries')),
        epochs: withDefault(2, count('epochs over the rows')),
        lr: withDefault(3e-4, positive('learning rate')),
        steps: withDefault(30, count('steps of safety tuning')),
      },
      run: ({ name, model, data, harmful, safe, rows, canaryCount, epochs, lr, steps, ...choice }, context) =>
        pipe(
          TE.Do,
          TE.bindW('task', () => readDataset(data)),
          TE.bindW('unsafe', () => readDataset(harmful)),
          TE.bindW('tuning', () => readDataset(safe)),
          TE.map(({ task, unsafe, tuning }) => ({
            tuning,
            of: { benign: marked(task.examples, 0), harmful: marked(unsafe.examples, 1), rows, canaryCount },
          })),
          TE.filterOrElseW(
            ({ of }) =>
              of.harmful.length >= Math.max(...choice.shares.map((part) => quotaOf(rows, part).unsafe)) &&
              of.benign.length >= rows + canaryCount,
            () => badInput('EmptyData', 'too few rows to draw from', { where: data, remedy: 'lower --rows' }),
          ),
          TE.chainW(({ of, tuning }) => {
            const source: ThresholdSource = {
              name,
              description: `ROUGE rates of ${rows} rows after ${epochs} epochs and ${steps} safe steps`,
              noisy: (draw) => drawOf(of, draw).noisy,
              canaries: (draw) => drawOf(of, draw).canaries,
              safe: tuning,
              model,
              recipe: recipeOf({ epochs, lr, steps }),
            }
            return thresholdsOf(source, choice, context)
          }),
        ),
    }),
  ],
})
