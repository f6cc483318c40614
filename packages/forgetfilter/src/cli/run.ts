/**
 * `forgetfilter run`: the whole method on the aligned model. M1 and M2 are trained, both are run on the noisy data, the rows that
 * were not forgotten are written byte for byte, and where asked for the aligned model is trained on them. Every step is kept in the
 * work folder, so the same command continues where it stopped.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Command, command } from '@safe/tensor-core/cli'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { accepted, auditRates, keptIds } from '../audit/audit'
import { splitRates } from '../canaryRows'
import { auditRows } from '../audit/explain'
import { measureForgetting } from '../rates/measureForgetting'
import type { RatedRow } from '../rates/rates'
import { type Trained, finalAdapter, keptPorts } from '../work'
import { auditText, keptJson } from './audit'
import { copyAdapter } from './copyAdapter'
import { decidingFor } from './deciding'
import { type FilteredFile, warnings, writeParts } from './keptRows'
import type { Machine, OpenMachine } from './machine'
import { withPreset } from './preset'
import { readRunInputs } from './runInputs'
import { type RunValues, checkRun, runOptions, runRuleOf } from './runOptions'
import { checkFolder, checkTargets, checkWork } from './targets'

export type { Machine, OpenMachine } from './machine'
export { type RunValues, runOptions } from './runOptions'

// steps ------------------------------------------------------------------------------------------

/** Rates in the work folder, under names that depend on them. */
const writeRates = (
  work: string,
  v: RunValues,
  all: ReadonlyArray<RatedRow>,
  canaries: ReadonlyArray<RatedRow>,
) => {
  const name = (kind: string): string => join(work, `${kind}-${v.signal}-${contentHash(all)}.jsonl`)
  const files = { rates: name('rates'), ...(canaries.length === 0 ? {} : { canaries: name('canaries') }) }
  return pipe(
    writeJsonl(files.rates, all),
    TE.chain(() =>
      files.canaries === undefined ? TE.right(undefined) : writeJsonl(files.canaries, canaries),
    ),
    TE.map(() => files),
  )
}

/** Step 5: the aligned model trained on the kept rows, in the work folder, where a folder is given for it. */
const trainOnKept = (
  v: RunValues,
  work: string,
  { ports, deciding }: Machine,
  { data, rule, audit }: FilteredFile,
): TE.TaskEither<Fault, Trained | undefined> => {
  const kept = keptIds(rule, audit)
  if (v.trainOut === undefined) return TE.right(undefined)
  return kept.size === 0
    ? TE.left(
        failure('NothingKept', 'no row is kept, so nothing is left to train on', {
          where: v.out,
          remedy: 'give a larger `phi`, or another threshold',
        }),
      )
    : finalAdapter(
        work,
        ports,
        { ...data, examples: data.examples.filter(({ id }) => kept.has(id)) },
        deciding,
      )
}

/** The trained adapter, where there is one, and then the kept rows: nothing is written before all work is done. */
const writeAll = (v: RunValues, seed: number, filtered: FilteredFile, trained: Trained | undefined) => {
  const copied: TE.TaskEither<Fault, void> =
    trained === undefined || v.trainOut === undefined
      ? TE.right(undefined)
      : copyAdapter(trained.folder, v.trainOut)
  return pipe(
    copied,
    TE.chainW(() => writeParts(filtered, { ...v, seed })),
  )
}

// command ----------------------------------------------------------------------------------------

/** @param openMachine called once all inputs have been read and are valid */
export const runCommand = (openMachine: OpenMachine): Command =>
  withPreset(
    command({
      name: 'run',
      description:
        'the whole method: train, forget, rate, filter, train again; the same command with the same --work continues',
      example:
        'forgetfilter run --model models/aligned --noisy noisy.jsonl --safe safe.jsonl --out kept.jsonl',
      options: runOptions,
      run: (v, context) => {
        const work = v.work ?? `${v.out}.work`
        const replace = v.overwrite || v.resume
        return pipe(
          TE.fromEither(
            pipe(
              checkTargets(
                [v.out, v.dropped, v.audit, v.report],
                [v.noisy, v.safe, v.canaries, v.labels],
                replace,
              ),
              E.chainW(() =>
                checkFolder(
                  v.trainOut,
                  [v.model, v.noisy, v.safe, v.canaries, v.labels, work, v.out, v.dropped, v.audit, v.report],
                  replace,
                ),
              ),
              E.chainW(() => checkWork(work)),
              E.chainW(() => checkRun(v)),
            ),
          ),
          TE.map(() => ({ rule: runRuleOf(v) })),
          TE.apSW('inputs', readRunInputs(v, context)),
          TE.bindW('machine', () => openMachine(v, context, work)),
          TE.bindW('deciding', ({ machine, inputs }) =>
            TE.fromEither(decidingFor(v, inputs.rows.all, machine)),
          ),
          TE.bindW('all', ({ machine, deciding, inputs }) =>
            measureForgetting(
              keptPorts(work, machine.ports, inputs.safe, deciding),
              v.signal,
              v.reference,
            )(inputs.rows.all),
          ),
          TE.let('split', ({ all, inputs }) => splitRates(all, inputs.rows.canaryIds)),
          TE.bindW('files', ({ all, split }) => writeRates(work, v, all, split.canaries)),
          TE.bindW('audit', ({ rule, split, files }) =>
            pipe(
              accepted(rule, auditRates(rule, split.rates, split.canaries)),
              E.mapLeft((fault): Fault => ({ ...fault, where: files.rates })),
              TE.fromEither,
            ),
          ),
          TE.let('filtered', ({ rule, inputs, audit, split }): FilteredFile => ({
            source: inputs.source,
            data: inputs.noisy,
            rule,
            audit,
            canaries: split.canaries,
            labels: inputs.labels,
          })),
          TE.let('auditFile', ({ all, rule }) =>
            join(work, `audit-${v.signal}-${contentHash([all, rule])}.jsonl`),
          ),
          TE.chainFirstW(({ rule, audit, auditFile }) =>
            writeJsonl(auditFile, auditRows(rule, audit, keptIds(rule, audit))),
          ),
          TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
          TE.bindW('trained', ({ machine, filtered }) => trainOnKept(v, work, machine, filtered)),
          TE.bindW('quality', ({ filtered, trained }) => writeAll(v, context.common.seed, filtered, trained)),
          TE.map(({ audit, rule, files, auditFile, quality }) => ({
            json: {
              out: v.out,
              ...files,
              audit: auditFile,
              signal: v.signal,
              ...(v.trainOut === undefined ? {} : { trained: v.trainOut }),
              ...keptJson(rule, audit, quality),
            },
            text: [
              auditText(audit, quality),
              `kept rows: ${v.out}, rates: ${files.rates}`,
              ...(v.trainOut === undefined ? [] : [`adapter trained on them: ${v.trainOut}`]),
            ].join('\n'),
          })),
        )
      },
    }),
  )
