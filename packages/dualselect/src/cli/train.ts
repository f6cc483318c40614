/** `dualselect train`: an adapter fine-tuned on a task under DualSelect. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Progress,
  command,
  adapterFolder,
  count,
  file,
  flagged,
  folder,
  optional,
  overwriteOption,
  required,
  resumeOption,
  rowChoiceOf,
  startEngine,
  stopping,
} from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash, refuseExisting } from '@safe/tensor-core/files'
import { type LogRow, trainAdapter } from '@safe/tensor-core/lm'
import { dualSelect } from '../dualSelect'
import { type DualSelectOptions, isPlain } from '../options'
import { readSelectionLog } from '../replay/log'
import { completing } from './completing'
import { inputTable, inputsOf } from './inputs'
import { checkOrigin, originOf, originTable } from './origin'
import { type PaceKeeper, type StepKind, paceKeeper, paceText } from './pace'
import { madeWith, runOptions, writeRunOptions } from './selectionRecord'
import { checkFiles, logsOf, writeReport } from './trainFiles'
import { reportingWarnings } from './warnings'

// options ----------------------------------------------------------------------------------------

const trainTable = {
  ...inputTable,
  out: required(folder('adapter folder')),
  initAdapter: optional(
    adapterFolder('continue from this adapter: it brings rank, alpha, targets and patterns'),
  ),
  ...originTable,
  selectionLog: optional(
    file('JSONL of {epoch, step, kind, indices, weights, losses, cosines, scores, among} per selection'),
  ),
  replay: optional(file('selection log of an earlier run: its selections in place of scoring, bit for bit')),
  checkpointEvery: optional(count('steps between checkpoints')),
  log: optional(file('JSONL of {step, loss, gradNorm, lr, examples, tokens, seconds}')),
  report: optional(file('HTML page of what was selected over time')),
  ...overwriteOption,
  ...resumeOption,
}

// progress ---------------------------------------------------------------------------------------

interface Seen {
  progress: Progress | undefined
  last: LogRow | undefined
  refreshed: boolean
  refreshes: number
  warnings: number
}

const freshSeen = (): Seen => ({
  progress: undefined,
  last: undefined,
  refreshed: false,
  refreshes: 0,
  warnings: 0,
})

const kindOf = (seen: Seen, options: DualSelectOptions, step: number): StepKind =>
  seen.refreshed ? 'refreshed' : step < options.warmupSteps || isPlain(options) ? 'plain' : 'filtered'

/** What the training loop tells, kept for the progress line and the outcome. */
const watching = (seen: Seen, pace: PaceKeeper, options: DualSelectOptions, context: Context) => ({
  onStart: (total: number, done: number): void => {
    seen.progress = context.progress('train', total)
    seen.progress.tick(done)
  },
  onNote: (note: Readonly<Record<string, unknown>>): void => {
    if (note['kind'] !== 'reference') return
    seen.refreshed = true
    seen.refreshes += 1
  },
  onStep: (row: LogRow): void => {
    pace.saw(kindOf(seen, options, row.step), row)
    seen.refreshed = false
    seen.last = row
    seen.progress?.tick(1, `loss ${row.loss.toFixed(4)}`)
  },
})

// parts ------------------------------------------------------------------------------------------

const interruptedTraining = (e: Fault): Fault =>
  e.kind === 'interrupted' && e.remedy === undefined
    ? {
        ...e,
        remedy: 'run again; with --checkpoint-every N, --resume continues from the last checkpoint',
      }
    : e

// command ----------------------------------------------------------------------------------------

/** `dualselect train`. */
export const trainCommand = command({
  name: 'train',
  description: 'fine-tunes an adapter on a task, with selected safety references and task rows',
  example: 'dualselect train --model models/aligned --task task.jsonl --references safe.jsonl --out adapter',
  options: trainTable,
  run: (values, context) => {
    const pace = paceKeeper()
    const seen = freshSeen()
    const logs = logsOf(values)
    const origin = originOf(values)
    const warn = (line: string): void => {
      seen.warnings += 1
      context.warn(flagged(line, trainTable))
    }
    return pipe(
      TE.fromEither(inputsOf(values)),
      TE.bindTo('inputs'),
      TE.chainFirstEitherKW(() => checkOrigin(values)),
      TE.chainFirstEitherKW(() => refuseExisting(values.out, values, 'folder')),
      TE.chainFirstEitherKW(() => checkFiles(values, logs)),
      TE.bindW('replay', () =>
        values.replay === undefined ? TE.right(undefined) : readSelectionLog(values.replay),
      ),
      TE.bindW('given', ({ inputs }) => inputs.rows(warn, completing(values, inputs, context))),
      TE.bindW('engine', () => startEngine(context)),
      TE.bindW('ran', ({ inputs: { options, recipe }, given, engine }) =>
        values.replay === undefined && logs.selections === undefined
          ? TE.right({})
          : runOptions({
              opened: given.opened,
              options,
              recipe,
              seed: context.common.seed,
              dtype: context.common.dtype,
              engine: engine.engine,
              template: values.template,
              noEos: values.noEos,
              task: given.task,
              references: given.fingerprint,
              init: values.initAdapter,
              origin,
            }),
      ),
      TE.chainFirstW(({ ran }) =>
        values.replay === undefined ? TE.right(undefined) : madeWith(values.replay, ran, warn),
      ),
      TE.chainFirstW(({ ran }) =>
        logs.selections === undefined ? TE.right(undefined) : writeRunOptions(logs.selections, ran),
      ),
      TE.chainFirstW(({ inputs: { options, recipe }, given, replay }) => {
        const { task, references, countTokens, fingerprint } = given
        const defence = dualSelect(options, {
          references,
          seed: context.common.seed,
          countTokens,
          referenceNumbers: references.numbers,
          signal: context.signal,
          onRefresh: (done, total) => seen.progress?.tick(0, `references ${done}/${total}`),
          ...(replay === undefined ? {} : { replay }),
        })
        const reads = {
          references: fingerprint,
          ...(replay === undefined ? {} : { replay: contentHash(replay.rows.map(({ note }) => note)) }),
        }
        return trainAdapter({
          model: values.model,
          data: task,
          recipe,
          seed: context.common.seed,
          dtype: context.common.dtype,
          defence: reportingWarnings(
            { ...defence, steps: defence.steps.map((step) => ({ ...step, reads })) },
            warn,
          ),
          out: values.out,
          resume: values.resume,
          signal: context.signal,
          ...rowChoiceOf(values),
          ...(values.initAdapter === undefined ? {} : { init: values.initAdapter }),
          ...(origin === undefined ? {} : { origin }),
          ...(values.checkpointEvery === undefined ? {} : { checkpointEvery: values.checkpointEvery }),
          ...(logs.steps === undefined ? {} : { log: logs.steps }),
          ...(logs.selections === undefined ? {} : { ruleLog: logs.selections }),
          onWarning: warn,
          ...watching(seen, pace, options, context),
        })
      }),
      stopping(() => seen.progress),
      TE.chainFirstW(({ inputs: { options }, given }) => writeReport(values, logs, { options, given })),
      TE.mapLeft((e: Fault) => interruptedTraining(e)),
      TE.map(() => {
        const cost = paceText(pace.pace())
        return {
          json: {
            out: values.out,
            steps: seen.last === undefined ? null : seen.last.step + 1,
            loss: seen.last?.loss ?? null,
            refreshes: seen.refreshes,
            warnings: seen.warnings,
            seconds: pace.pace(),
            ...(values.report === undefined ? {} : { report: values.report }),
          },
          text: [
            `adapter${seen.last === undefined ? '' : `, last loss ${seen.last.loss.toFixed(4)} nats`}`,
            ...(cost === '' ? [] : [`; ${cost}`]),
            `: ${values.out}`,
            ...(values.report === undefined ? [] : [`\nreport: ${values.report}`]),
          ].join(''),
        }
      }),
    )
  },
})
