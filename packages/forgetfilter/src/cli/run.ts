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
import { readDataset, writeJsonl } from '@safe/tensor-core/formats'
import { accepted, auditRates, keptIds } from '../audit/audit'
import { mixedWith, noCanaries, splitRates } from '../canaryRows'
import { auditRows } from '../audit/explain'
import { measureForgetting } from '../rates/measureForgetting'
import type { RatedRow } from '../rates/rates'
import { readSource } from '../source'
import { finalAdapter, keptPorts } from '../work'
import { auditJson, auditText } from './audit'
import { copyAdapter } from './copyAdapter'
import { decidingFor } from './deciding'
import { type FilteredFile, warnings, writeParts } from './keptRows'
import type { Machine, OpenMachine } from './machine'
import { withPreset } from './preset'
import { type RunValues, checkRun, runOptions, runRuleOf } from './runOptions'
import { checkFolder, checkTargets } from './targets'

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

/** The last step: the aligned model trained on the kept rows, where a folder is given for it. */
const trainOnKept = (
  v: RunValues,
  work: string,
  { ports, deciding }: Machine,
  { data, rule, audit }: FilteredFile,
): TE.TaskEither<Fault, void> => {
  const out = v.trainOut
  const kept = keptIds(rule, audit)
  if (out === undefined) return TE.right(undefined)
  return kept.size === 0
    ? TE.left(
        failure('NothingKept', 'no row is kept, so nothing is left to train on', {
          where: v.out,
          remedy: 'give a larger `phi`, or another threshold',
        }),
      )
    : pipe(
        finalAdapter(
          work,
          ports,
          { ...data, examples: data.examples.filter(({ id }) => kept.has(id)) },
          deciding,
        ),
        TE.chainW(({ folder }) => copyAdapter(folder, out)),
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
              checkTargets([v.out, v.dropped, v.audit, v.report], [v.noisy, v.safe, v.canaries], replace),
              E.chainW(() => checkFolder(v.trainOut, replace)),
              E.chainW(() => checkRun(v)),
            ),
          ),
          TE.map(() => ({ rule: runRuleOf(v) })),
          TE.apSW('noisy', readDataset(v.noisy)),
          TE.apSW('source', readSource(v.noisy)),
          TE.apSW('safe', readDataset(v.safe)),
          TE.bindW('rows', ({ noisy }) =>
            v.canaries === undefined
              ? TE.right(noCanaries(noisy))
              : pipe(
                  readDataset(v.canaries),
                  TE.map((canaries) => mixedWith(noisy, canaries)),
                ),
          ),
          TE.bindW('machine', () => openMachine(v, context, work)),
          TE.bindW('deciding', ({ machine, rows }) => TE.fromEither(decidingFor(v, rows.all, machine))),
          TE.bindW('all', ({ machine, deciding, rows, safe }) =>
            measureForgetting(
              keptPorts(work, machine.ports, safe, deciding),
              v.signal,
              v.reference,
            )(rows.all),
          ),
          TE.let('split', ({ all, rows }) => splitRates(all, rows.canaryIds)),
          TE.bindW('files', ({ all, split }) => writeRates(work, v, all, split.canaries)),
          TE.bindW('audit', ({ rule, split, files }) =>
            pipe(
              accepted(rule, auditRates(rule, split.rates, split.canaries)),
              E.mapLeft((fault): Fault => ({ ...fault, where: files.rates })),
              TE.fromEither,
            ),
          ),
          TE.let('filtered', ({ rule, noisy, source, audit, split }): FilteredFile => ({
            source,
            data: noisy,
            rule,
            audit,
            canaries: split.canaries,
          })),
          TE.let('auditFile', ({ all, rule }) =>
            join(work, `audit-${v.signal}-${contentHash([all, rule])}.jsonl`),
          ),
          TE.chainFirstW(({ rule, audit, auditFile }) =>
            writeJsonl(auditFile, auditRows(rule, audit, keptIds(rule, audit))),
          ),
          TE.chainFirstW(({ filtered }) => writeParts(filtered, { ...v, seed: context.common.seed })),
          TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
          TE.chainFirstW(({ machine, filtered }) => trainOnKept(v, work, machine, filtered)),
          TE.map(({ audit, rule, files, auditFile }) => ({
            json: {
              out: v.out,
              ...files,
              audit: auditFile,
              signal: v.signal,
              ...(v.trainOut === undefined ? {} : { trained: v.trainOut }),
              ...auditJson(audit),
              rowsKept: keptIds(rule, audit).size,
            },
            text: [
              auditText(audit),
              `kept rows: ${v.out}, rates: ${files.rates}`,
              ...(v.trainOut === undefined ? [] : [`adapter trained on them: ${v.trainOut}`]),
            ].join('\n'),
          })),
        )
      },
    }),
  )
