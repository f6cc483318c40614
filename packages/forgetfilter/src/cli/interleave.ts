/**
 * `forgetfilter interleave`: noisy rows, safe rows, noisy rows, safe rows ..., with and without filtering; attack success after each
 * phase as a table and a plot. Everything expensive is kept in the work folder, so the same command continues.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as RNEA from 'fp-ts/ReadonlyNonEmptyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Command, type Context, command, judgeOfOption } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { writeFolder, writeWhole } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import { withCanaries } from '../canaryRows'
import { type PhaseResult, interleave } from '../interleave/interleave'
import { type InterleaveModels, interleavePorts } from '../interleave/interleaveWork'
import { interleavePage } from '../report/interleavePage'
import { armsOf, interleaveOptions } from './interleaveOptions'
import { withPreset } from './preset'
import type { Machine, MachineValues } from './machine'
import { decidingFor } from './deciding'
import { checkTraining, runRuleOf } from './runOptions'
import { checkFolder, checkWork } from './targets'

// machine ----------------------------------------------------------------------------------------

/** A machine that also opens the aligned model as it is. */
export interface InterleaveMachine extends Machine {
  readonly ports: InterleaveModels
}
export type OpenInterleaveMachine = (
  values: MachineValues,
  context: Context,
  work: string,
) => TE.TaskEither<Fault, InterleaveMachine>

// inputs -----------------------------------------------------------------------------------------

const noisySets = (paths: ReadonlyArray<string>): TE.TaskEither<Fault, RNEA.ReadonlyNonEmptyArray<Dataset>> =>
  pipe(
    paths,
    TE.traverseSeqArray(readDataset),
    TE.chainW((sets) =>
      pipe(
        RNEA.fromReadonlyArray(sets),
        TE.fromOption(() => badInput('BadOption', 'must be given', { field: 'noisy' })),
      ),
    ),
  )

const optionalData = (path: string | undefined): TE.TaskEither<Fault, Dataset | undefined> =>
  path === undefined ? TE.right(undefined) : readDataset(path)

// text -------------------------------------------------------------------------------------------

const percent = (rate: { readonly value: number } | null): string =>
  rate === null ? 'not judged' : `${(100 * rate.value).toFixed(1)} %`

const line = ({ arm, round, phase, rows, dropped, attackSuccess, task }: PhaseResult): string =>
  [
    `${arm}, ${phase === 'start' ? 'aligned model' : `round ${round}, ${phase} rows (${rows}${dropped === undefined ? '' : `, ${dropped} dropped`})`}:`,
    `attack success ${percent(attackSuccess)}`,
    ...(task === undefined ? [] : [`task ${percent(task)}`]),
  ].join(' ')

// command ----------------------------------------------------------------------------------------

/** @param openMachine called once all inputs have been read and are valid */
export const interleaveCommand = (openMachine: OpenInterleaveMachine): Command =>
  withPreset(
    command({
      name: 'interleave',
      description:
        'long-term safety: noisy rows, safe rows, noisy rows ..., with and without filtering; attack success after each phase',
      options: interleaveOptions,
      run: (v, context) => {
        const work = v.work ?? `${v.out.replace(/[/\\]+$/, '')}.work`
        return pipe(
          TE.fromEither(
            pipe(
              checkFolder(
                v.out,
                [v.model, v.safe, ...v.noisy, v.prompts, v.task, work],
                v.overwrite || v.resume,
              ),
              E.chainW(() => checkWork(work)),
              E.chainW(() => checkTraining(v)),
            ),
          ),
          TE.chainW(() => noisySets(v.noisy)),
          TE.bindTo('noisy'),
          TE.chainFirstEitherKW(({ noisy }) =>
            pipe(
              noisy,
              E.traverseArray((set) => withCanaries(v.method, set)),
            ),
          ),
          TE.apSW('safe', readDataset(v.safe)),
          TE.apSW('prompts', readDataset(v.prompts)),
          TE.apSW('task', optionalData(v.task)),
          TE.bindW('judge', () => judgeOfOption(context, '--judge', v.judge)),
          TE.bindW('results', ({ noisy, safe, prompts, task, judge }) =>
            pipe(
              openMachine(v, context, work),
              TE.bindTo('machine'),
              TE.bindW('deciding', ({ machine }) =>
                TE.fromEither(
                  decidingFor(
                    v,
                    { name: 'noisy', examples: noisy.flatMap(({ examples }) => examples) },
                    machine,
                  ),
                ),
              ),
              TE.chainW(({ machine, deciding }) =>
                interleave(
                  interleavePorts(machine.ports, {
                    work,
                    deciding,
                    safe,
                    rule: runRuleOf(v),
                    signal: v.signal,
                    reference: v.reference,
                    prompts,
                    task,
                    judge: judge.judge,
                    answerTokens: v.answerTokens,
                  }),
                  { arms: armsOf(v), rounds: v.rounds, noisy, safe },
                ),
              ),
              TE.tapIO(() => judge.dispose),
              TE.tapError(() => TE.fromIO(judge.dispose)),
            ),
          ),
          TE.let('json', ({ results, judge }) => ({
            rounds: v.rounds,
            seed: context.common.seed,
            judge: judge.judge.id,
            signal: v.signal,
            rule: runRuleOf(v),
            results,
          })),
          TE.chainFirstW(({ json, results }) =>
            writeFolder(v.out, (folder) =>
              pipe(
                writeWhole(join(folder, 'results.json'), `${JSON.stringify(json, null, 1)}\n`),
                TE.chain(() =>
                  writeWhole(
                    join(folder, 'report.html'),
                    interleavePage({ results, judge: json.judge, prompts: v.prompts }),
                  ),
                ),
              ),
            ),
          ),
          TE.map(({ json, results }) => ({
            json: { out: v.out, ...json },
            text: [...results.map(line), `report: ${join(v.out, 'report.html')}`].join('\n'),
          })),
        )
      },
    }),
  )
