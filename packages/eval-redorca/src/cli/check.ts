/** `check --model M --suite F`: measures one model, or one adapter of it, on a suite; nothing is trained. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import {
  type Context,
  type Outcome,
  command,
  file,
  flag,
  folder,
  hubUseOf,
  optional,
  required,
  text,
} from '@safe/tensor-core/cli'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { resolveAdapter, resolveModel } from '@safe/tensor-core/hub'
import { checkDocument, type Checking } from '../config/checkConfig'
import { type BenchConfig, isArena } from '../config/config'
import { withListed } from '../plan/factors'
import type { MetricName } from '../results/metrics'
import { presentMetrics } from '../results/metrics'
import type { CellResult, Results } from '../results/results'
import { percent, range, sizeWords } from '../report/format'
import { folderPlace } from '../store'
import { configOptions } from './configOptions'
import { ownJudgesOption } from './judgeOptions'
import { redactOption } from './redactOption'
import { configOf, runBench } from './runBench'

// parts ------------------------------------------------------------------------------------------

/** A suite that is not a file. */
const arenaWord = 'arena'

const readSuite = (path: string): E.Either<Fault, unknown> =>
  path === arenaWord
    ? E.right(arenaWord)
    : E.tryCatch(
        (): unknown => parse(readFileSync(path, 'utf8')),
        (cause): Fault =>
          badInput('BadConfig', causeLine(cause).replace(/:$/, ''), {
            where: path,
            remedy: 'give a YAML or JSON file with a suite, or arena',
          }),
      )

/** The arena's models are folders, so a reference to a hub is fetched before. */
const local = (config: BenchConfig, context: Context): TE.TaskEither<Fault, BenchConfig> => {
  const { suite } = config
  if (!isArena(suite) || suite === arenaWord) return TE.right(config)
  const { aligned, adapter } = suite.arena
  const use = hubUseOf(context)
  return pipe(
    TE.Do,
    TE.bindW('aligned', () => (aligned === undefined ? TE.right(aligned) : resolveModel(aligned, use))),
    TE.bindW('adapter', () => (adapter === undefined ? TE.right(adapter) : resolveAdapter(adapter, use))),
    TE.map((found) => ({ ...config, suite: { arena: { ...suite.arena, ...found } } })),
  )
}

const rateLine =
  ({ metrics }: CellResult) =>
  (name: MetricName): string => {
    const e = metrics[name]
    return e === undefined
      ? ''
      : `${name} ${percent(e.value)} % (${range(e)}), ${sizeWords(e)}${
          e.bounds === undefined ? '' : `, ${e.unjudged ?? 0} unscored (${range(e.bounds)})`
        }`
  }

const shown =
  (out: string) =>
  (results: Results, report: string): Outcome => {
    const [cell] = results.cells
    return {
      json: {
        out,
        cell: cell?.id ?? null,
        factors: cell === undefined ? null : withListed(cell),
        metrics: cell?.metrics ?? {},
        judge: results.stamp.judges?.measuring ?? null,
        report,
        engine: results.stamp.engine,
      },
      text: [...(cell === undefined ? [] : presentMetrics(cell.metrics).map(rateLine(cell))), report].join(
        '\n',
      ),
    }
  }

// command ----------------------------------------------------------------------------------------

export const checkCommand = command({
  name: 'check',
  description:
    'measure one model, or an adapter of it, on a suite: a results folder of one cell, for gate, report, rescore and label; nothing is trained',
  options: {
    model: required(folder('model: a folder, a GGUF file, or hub:ORG/NAME')),
    adapter: optional(folder('PEFT adapter of the model: a folder or hub:ORG/NAME')),
    suite: required(
      file(
        'YAML or JSON file with evaluation sets, judges and limits, as suite of a configuration of bench; or arena',
      ),
    ),
    judge: ownJudgesOption,
    template: optional(
      text('how prompts become tokens: chat, qa, none or a Jinja file (default: the suite’s)'),
    ),
    batchSize: configOptions.batchSize,
    workers: configOptions.workers,
    out: required(folder('results folder')),
    resume: flag('continue the check in the results folder'),
    overwrite: flag('delete an existing results folder first'),
    printConfig: flag('show the complete configuration and run nothing'),
    ...redactOption,
  },
  run: ({ model, adapter, suite, judge: judges, template, batchSize, workers, out, ...choice }, context) => {
    const checking: Checking = { model, adapter, judges, template }
    return pipe(
      TE.fromEither(readSuite(suite)),
      TE.chainEitherKW((document) => checkDocument(document, checking, suite)),
      TE.chainEitherKW((document) => configOf({ ...document, batchSize, workers }, context, suite)),
      TE.chain((config) => local(config, context)),
      TE.chain((config) =>
        runBench(config, { ...choice, place: folderPlace(out), live: false }, context, shown(out)),
      ),
    )
  },
})
