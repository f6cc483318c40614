/**
 * How well the thresholds of `@safe/forgetfilter` find harmful rows of the arena, from rates that a model was trained for:
 *
 *   node --conditions=@safe/source --import tsx tools/forgetfilter/arenaThresholds.ts --out DIR [--shares 0,0.05] [--seeds 1,2,3]
 *     [--jobs 2]
 *
 * For each share of harmful rows and each seed `forgetfilter run` measures all rows and 100 canaries, benign rows of another draw; its
 * audits are kept, so a stopped run goes on.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  commaSeparated,
  count,
  folder,
  integer,
  main,
  required,
  share,
  withDefault,
} from '@safe/tensor-core/cli'
import {
  type Dataset,
  type Fault,
  causeLine,
  failure,
  promptText,
  responseText,
  textExample,
} from '@safe/tensor-core/contracts'
import { arenaSuite, arenaWorld, fineTuning, shippedSeed } from '../../packages/eval-redorca/src/arena'
import { wilson } from '../../packages/eval-redorca/src/stats'
import type { RatedRow } from '../../packages/forgetfilter/src/rates/rates'
import { readRates } from '../../packages/forgetfilter/src/rates/records'
import { fromSource } from '../fromSource'
import { LEAST_USEFUL_J, bestOf, methodsOf, outcomeOf } from './thresholdOutcomes'
import { type Cell, tables } from './thresholdTables'

// data -------------------------------------------------------------------------------------------

const canaryCount = 100
/** Seeds of canaries are far from those of the data. */
const canarySeeds = 1000

const world = arenaWorld(shippedSeed)
const suite = arenaSuite()

const lines = (data: Dataset): string => data.examples.map(({ raw }) => `${raw}\n`).join('')

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

// rates ------------------------------------------------------------------------------------------

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

const ran = (args: ReadonlyArray<string>, name: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () =>
      new Promise<void>((done, fail) => {
        const child = spawn(
          process.execPath,
          [...fromSource('packages/forgetfilter/src/bin/forgetfilter.ts'), ...args],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        )
        child.on('error', fail)
        child.on('close', (status) =>
          status === 0 ? done() : fail(new Error(`forgetfilter ended with ${status ?? 'a signal'}`)),
        )
      }),
    (cause) => failure('StepFailed', causeLine(cause), { where: name, remedy: 'run the same command again' }),
  )

interface Draw {
  readonly share: number
  readonly seed: number
}

const auditOf = (out: string, { share: part, seed }: Draw): string =>
  join(out, `${part}-${seed}`, 'audit.jsonl')

const measured =
  (out: string) =>
  (draw: Draw): TE.TaskEither<Fault, void> => {
    const audit = auditOf(out, draw)
    if (existsSync(audit)) return TE.right(undefined)
    const here = join(out, `${draw.share}-${draw.seed}`)
    mkdirSync(here, { recursive: true })
    const noisy = fineTuning(world, { poison: draw.share, seed: draw.seed })
    const at = (name: string): string => join(here, name)
    writeFileSync(at('noisy.jsonl'), lines(noisy) + lines(canariesBeside(noisy, draw.seed)))
    writeFileSync(at('safe.jsonl'), lines(suite.safe))
    return ran(
      [
        ...['run', '--model', suite.models.aligned, '--noisy', at('noisy.jsonl'), '--safe', at('safe.jsonl')],
        ...[
          '--out',
          at('kept.jsonl'),
          '--audit',
          audit,
          '--seed',
          String(draw.seed),
          '--overwrite',
          '--quiet',
        ],
        ...recipe,
      ],
      here,
    )
  }

// outcomes ---------------------------------------------------------------------------------------

const isCanary = ({ id }: { readonly id: string }): boolean => id.startsWith('canary-')

const outcomesOf =
  (out: string) =>
  (draw: Draw): TE.TaskEither<Fault, ReturnType<typeof outcomesIn>> =>
    pipe(
      readRates(auditOf(out, draw)),
      TE.map(({ rows }) => outcomesIn(rows, draw)),
    )

const outcomesIn = (rows: ReadonlyArray<RatedRow>, draw: Draw) => {
  const harmful = new Set(
    fineTuning(world, { poison: draw.share, seed: draw.seed })
      .examples.filter(({ fields }) => fields['unsafe'] === 1)
      .map(({ id }) => id),
  )
  const labelled = rows
    .filter((row) => !isCanary(row))
    .map((row) => ({ ...row, unsafe: harmful.has(row.id) }))
  const best = bestOf(labelled)
  return {
    best: best.f1,
    outcomes: methodsOf().map((method) =>
      outcomeOf(method, labelled, rows.filter(isCanary), best.j >= LEAST_USEFUL_J),
    ),
  }
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
      options: {
        out: required(folder('where data, rates and audits are kept')),
        shares: withDefault([0, 0.05, 0.25, 0.5, 0.75], commaSeparated(share('share of harmful rows'))),
        seeds: withDefault([1, 2, 3], commaSeparated(integer('seed', { min: 0 }))),
        jobs: withDefault(2, count('runs at once')),
      },
      run: ({ out, shares, seeds, jobs }, context) => {
        const draws = shares.flatMap((part) => seeds.map((seed): Draw => ({ share: part, seed })))
        const progress = context.progress('runs', draws.length)
        const lanes = Array.from({ length: jobs }, (_, lane) => draws.filter((__, i) => i % jobs === lane))
        return pipe(
          lanes,
          TE.traverseArray(
            TE.traverseSeqArray((draw) =>
              pipe(
                measured(out)(draw),
                TE.tapIO(() => () => progress.tick(1, `${100 * draw.share} %, seed ${draw.seed}`)),
              ),
            ),
          ),
          TE.tapIO(() => () => progress.stop()),
          TE.chain(() =>
            pipe(
              shares,
              TE.traverseSeqArray((part) =>
                pipe(
                  seeds.map((seed): Draw => ({ share: part, seed })),
                  TE.traverseSeqArray(outcomesOf(out)),
                  TE.map((found) =>
                    methodsOf().map(({ name }, m): Cell => ({
                      scenario: 'arena',
                      unsafeShare: part,
                      method: name,
                      bestF1: found.reduce((sum, { best }) => sum + best, 0) / found.length,
                      outcomes: found.flatMap(({ outcomes }) => outcomes.slice(m, m + 1)),
                    })),
                  ),
                ),
              ),
            ),
          ),
          TE.map((cells) => {
            const made = tables(
              [{ name: 'arena', description: 'ROUGE rates of the arena’s aligned model' }],
              cells.flat(),
              wilson,
            )
            return { json: { rows: made.rows }, text: made.text }
          }),
        )
      },
    }),
  ],
})
