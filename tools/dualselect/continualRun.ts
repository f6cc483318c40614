/** Runs `dualselect continual` from its sources on the rows it is given, and says what came out as Markdown and as a figure. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Outcome } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, writeWhole } from '@safe/tensor-core/files'
import { methodRan } from '../fromSource'
import { rowsText } from '../rowsText'
import { continualFigure } from './continualFigure'
import { WrittenResults, continualTables } from './continualTables'

// model ------------------------------------------------------------------------------------------

/** A task: rows to learn, and rows to be measured on. */
export interface TaskRows {
  readonly name: string
  readonly rows: Dataset
  readonly test: Dataset
}

/** What is learned in turn, and how. */
export interface ContinualStudy {
  readonly out: string
  readonly model: string
  readonly tasks: ReadonlyArray<TaskRows>
  readonly references: Dataset
  /** Prompts whose answers should be safe. */
  readonly safety: ReadonlyArray<{
    readonly id: string
    readonly prompt: string
    /** What is drawn together when intervals are made. */
    readonly cluster?: string
  }>
  /** Each trains every strategy once. */
  readonly seeds: ReadonlyArray<number>
  /** Rows of earlier tasks that are kept. */
  readonly replayBuffer: number
  /** The seed of everything else that is random. */
  readonly seed: number
  /** All other options of the command. */
  readonly recipe: ReadonlyArray<string>
  /** Whether rows are written and nothing is run. */
  readonly dryRun: boolean
}

// files ------------------------------------------------------------------------------------------

const lines = (rows: ReadonlyArray<unknown>): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** The rows as files. The command keeps to their contents, so they are written anew each time. */
const written = ({ out, tasks, references, safety }: ContinualStudy): TE.TaskEither<Fault, unknown> =>
  pipe(
    [
      ...tasks.flatMap(({ name, rows, test }): ReadonlyArray<readonly [string, string]> => [
        [`${name}.jsonl`, rowsText(rows)],
        [`${name}-test.jsonl`, rowsText(test)],
      ]),
      ['references.jsonl', rowsText(references)] as const,
      ['safety.jsonl', lines(safety)] as const,
    ],
    TE.traverseSeqArray(([name, content]) => writeWhole(join(out, name), content)),
  )

// running ----------------------------------------------------------------------------------------

const argsOf = ({
  out,
  model,
  tasks,
  seeds,
  replayBuffer,
  seed,
  recipe,
}: ContinualStudy): ReadonlyArray<string> => {
  const at = (name: string): string => join(out, `${name}.jsonl`)
  return [
    ...['continual', '--model', model, '--tasks', ...tasks.map(({ name }) => at(name))],
    ...['--tests', ...tasks.map(({ name }) => at(`${name}-test`))],
    ...['--references', at('references'), '--safety', at('safety')],
    ...['--strategy', 'dualselect', 'sequential', 'agem', 'replay', '--out', join(out, 'runs')],
    ...['--seeds', ...seeds.map(String), '--replay-buffer', String(replayBuffer), '--seed', String(seed)],
    ...recipe,
    ...(existsSync(join(out, 'runs')) ? ['--resume'] : []),
  ]
}

/** Learns the tasks with every strategy, or what is missing of it, and writes `figure.svg`; the tables are the text. */
export const continualStudy = (study: ContinualStudy): TE.TaskEither<Fault, Outcome> => {
  const results = join(study.out, 'runs', 'results.json')
  if (study.dryRun) {
    const args = argsOf(study)
    return pipe(
      written(study),
      TE.map(() => ({ json: { args }, text: `dualselect ${args.join(' ')}` })),
    )
  }
  return pipe(
    written(study),
    TE.chain(() => methodRan('dualselect', argsOf(study), study.out)),
    TE.chainW(() => readJson(results)),
    TE.chainEitherKW(decodeAs('FileDamaged')(WrittenResults, results)),
    TE.chainFirstW((found) => writeWhole(join(study.out, 'figure.svg'), continualFigure(found))),
    TE.map((found) => ({
      json: { out: study.out, ...found },
      text: continualTables(
        study.tasks.map(({ name }) => name),
        found,
      ),
    })),
  )
}
