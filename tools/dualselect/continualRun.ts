/** Runs `dualselect continual` from its sources on the rows it is given, and says what came out as Markdown and as a figure. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Outcome } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, writeWhole } from '@safe/tensor-core/files'
import { fromSource } from '../fromSource'
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
  /** Options of the command; the rows are named for it. */
  readonly recipe: ReadonlyArray<string>
  /** Whether rows are written and nothing is run. */
  readonly dryRun: boolean
}

// files ------------------------------------------------------------------------------------------

const lines = (rows: ReadonlyArray<unknown>): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const text = ({ examples }: Dataset): string => examples.map(({ raw }) => `${raw}\n`).join('')

/** The rows as files. The command keeps to their contents, so they are written anew each time. */
const written = ({ out, tasks, references, safety }: ContinualStudy): TE.TaskEither<Fault, unknown> =>
  pipe(
    [
      ...tasks.flatMap(({ name, rows, test }): ReadonlyArray<readonly [string, string]> => [
        [`${name}.jsonl`, text(rows)],
        [`${name}-test.jsonl`, text(test)],
      ]),
      ['references.jsonl', text(references)] as const,
      ['safety.jsonl', lines(safety)] as const,
    ],
    TE.traverseSeqArray(([name, content]) => writeWhole(join(out, name), content)),
  )

// running ----------------------------------------------------------------------------------------

const argsOf = ({ out, model, tasks, recipe }: ContinualStudy): ReadonlyArray<string> => {
  const at = (name: string): string => join(out, `${name}.jsonl`)
  return [
    ...['continual', '--model', model, '--tasks', ...tasks.map(({ name }) => at(name))],
    ...['--tests', ...tasks.map(({ name }) => at(`${name}-test`))],
    ...['--references', at('references'), '--safety', at('safety')],
    ...['--strategy', 'dualselect', 'sequential', 'agem', 'replay', '--out', join(out, 'runs')],
    ...recipe,
    ...(existsSync(join(out, 'runs')) ? ['--resume'] : []),
  ]
}

const ran = (study: ContinualStudy): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () =>
      new Promise<void>((done, fail) => {
        const child = spawn(
          process.execPath,
          [...fromSource('packages/dualselect/src/bin/dualselect.ts'), ...argsOf(study)],
          { stdio: ['ignore', 'ignore', 'inherit'] },
        )
        child.on('error', fail)
        child.on('close', (status) =>
          status === 0 ? done() : fail(new Error(`dualselect ended with ${status ?? 'a signal'}`)),
        )
      }),
    (cause) =>
      failure('StepFailed', causeLine(cause), { where: study.out, remedy: 'run the same command again' }),
  )

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
    TE.chain(() => ran(study)),
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
