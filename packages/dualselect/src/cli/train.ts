/** `dualselect train`: an adapter fine-tuned on a task under DualSelect. */
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
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
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting } from '@safe/tensor-core/files'
import { type LogRow, trainAdapter } from '@safe/tensor-core/lm'
import { dualSelect } from '../dualSelect'
import { type DualSelectOptions, isPlain } from '../options'
import { inputTable, inputsOf } from './inputs'
import { type StepKind, paceKeeper, paceText } from './pace'
import { reportingWarnings } from './warnings'

// checks -----------------------------------------------------------------------------------------

/** Logs are written as training goes: they must not fall on each other or on the data. */
const checkLogs = (
  logs: ReadonlyArray<string | undefined>,
  inputs: ReadonlyArray<string>,
): E.Either<Fault, void> => {
  const taken = new Set(inputs.map((path) => resolve(path)))
  for (const path of logs) {
    if (path === undefined) continue
    if (taken.has(resolve(path)))
      return E.left(badInput('BadOption', 'is used twice in this command', { where: path }))
    taken.add(resolve(path))
  }
  return E.right(undefined)
}

// command ----------------------------------------------------------------------------------------

interface Seen {
  progress: Progress | undefined
  last: LogRow | undefined
  refreshed: boolean
  refreshes: number
  warnings: number
}

/** `dualselect train`. */
export const trainCommand = command({
  name: 'train',
  description: 'fine-tunes an adapter on a task, with selected safety references and task rows',
  options: {
    ...inputTable,
    out: required(folder('adapter folder')),
    initAdapter: optional(
      adapterFolder('continue from this adapter: it brings rank, alpha, targets and patterns'),
    ),
    selectionLog: optional(
      file('JSONL of {epoch, step, kind, indices, weights, losses, cosines, scores} per selection'),
    ),
    checkpointEvery: optional(count('steps between checkpoints')),
    log: optional(file('JSONL of {step, loss, gradNorm, lr, examples, tokens, seconds}')),
    ...overwriteOption,
    ...resumeOption,
  },
  run: (values, context) => {
    const pace = paceKeeper()
    const seen: Seen = {
      progress: undefined,
      last: undefined,
      refreshed: false,
      refreshes: 0,
      warnings: 0,
    }
    const warn = (line: string): void => {
      seen.warnings += 1
      context.warn(flagged(line, inputTable))
    }
    const kindOf = (options: DualSelectOptions, step: number): StepKind =>
      seen.refreshed ? 'refreshed' : step < options.warmupSteps || isPlain(options) ? 'plain' : 'filtered'
    return pipe(
      TE.fromEither(inputsOf(values)),
      TE.chainFirstEitherKW(() => refuseExisting(values.out, values, 'folder')),
      TE.chainFirstEitherKW(() =>
        checkLogs([values.log, values.selectionLog], [values.task, values.references]),
      ),
      TE.bindW('given', ({ rows }) => rows(warn)),
      TE.chainFirstW(() => startEngine(context)),
      TE.chainW(({ options, recipe, given: { task, references, countTokens, fingerprint } }) => {
        const defence = dualSelect(options, {
          references,
          seed: context.common.seed,
          countTokens,
          referenceNumbers: references.numbers,
          signal: context.signal,
          onRefresh: (done, total) => seen.progress?.tick(0, `references ${done}/${total}`),
        })
        return trainAdapter({
          model: values.model,
          data: task,
          recipe,
          seed: context.common.seed,
          dtype: context.common.dtype,
          defence: reportingWarnings(
            {
              ...defence,
              steps: defence.steps.map((step) => ({ ...step, reads: { references: fingerprint } })),
            },
            warn,
          ),
          out: values.out,
          resume: values.resume,
          signal: context.signal,
          ...rowChoiceOf(values),
          ...(values.initAdapter === undefined ? {} : { init: values.initAdapter }),
          ...(values.checkpointEvery === undefined ? {} : { checkpointEvery: values.checkpointEvery }),
          ...(values.log === undefined ? {} : { log: values.log }),
          ...(values.selectionLog === undefined ? {} : { ruleLog: values.selectionLog }),
          onWarning: warn,
          onStart: (total, done) => {
            seen.progress = context.progress('train', total)
            seen.progress.tick(done)
          },
          onNote: (note) => {
            if (note['kind'] !== 'reference') return
            seen.refreshed = true
            seen.refreshes += 1
          },
          onStep: (row) => {
            pace.saw(kindOf(options, row.step), row)
            seen.refreshed = false
            seen.last = row
            seen.progress?.tick(1, `loss ${row.loss.toFixed(4)}`)
          },
        })
      }),
      stopping(() => seen.progress),
      TE.mapLeft((e): Fault =>
        e.kind === 'interrupted' && e.remedy === undefined
          ? {
              ...e,
              remedy: 'run again; with --checkpoint-every N, --resume continues from the last checkpoint',
            }
          : e,
      ),
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
          },
          text: [
            `adapter${seen.last === undefined ? '' : `, last loss ${seen.last.loss.toFixed(4)} nats`}`,
            ...(cost === '' ? [] : [`; ${cost}`]),
            `: ${values.out}`,
          ].join(''),
        }
      }),
    )
  },
})
