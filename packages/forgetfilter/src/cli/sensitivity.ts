/**
 * `forgetfilter sensitivity`: how well the filter finds labelled rows, over safe steps, sizes of the safe set and thresholds. M1 is
 * trained once, M2 once per number of steps and size; thresholds cost nothing. The same command continues where it stopped.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Command,
  type Context,
  type Values,
  command,
  commaSeparated,
  count,
  dataFile,
  file,
  number,
  optional,
  overwriteOption,
  required,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Dataset, type Fault, type InputError, badInput } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { readDataset, writeJsonl } from '@safe/tensor-core/formats'
import { stream } from '@safe/tensor-core/random'
import { auditQuality, auditRates } from '../audit/audit'
import { checkForgetFilter } from '../checkOptions'
import { PAPER_PHI, PAPER_SAFE_STEPS } from '../defaults'
import { labelOf } from '../diagnostics'
import { measureForgetting } from '../rates/measureForgetting'
import { filterOptions } from '../options'
import type { RatedRow } from '../rates/rates'
import type { LabelRow } from '../rates/records'
import { sensitivityPage } from '../report/sensitivityPage'
import type { SensitivityRow } from '../report/sensitivityPlot'
import { keptPorts } from '../work'
import { decidingFor } from './deciding'
import type { OpenMachine } from './machine'
import { withPreset } from './preset'
import { trainingOptions } from './runOptions'
import { checkTargets, checkWork } from './targets'

// options ----------------------------------------------------------------------------------------

export const sensitivityOptions = {
  ...trainingOptions,
  noisy: required(dataFile('the noisy data, every row with a field `unsafe` of 0 or 1')),
  minLearned: filterOptions.minLearned,
  indeterminate: filterOptions.indeterminate,
  steps: withDefault<ReadonlyArray<number>>(
    [PAPER_SAFE_STEPS],
    commaSeparated(count('optimizer steps on the safe rows')),
  ),
  safeRows: withDefault<ReadonlyArray<number>>(
    [],
    commaSeparated(count('sizes of the safe set: that many of its rows, drawn by the seed (default: all)')),
  ),
  phi: withDefault<ReadonlyArray<number>>([PAPER_PHI], commaSeparated(number('thresholds'))),
  out: required(file('where the rows of the table are written, .jsonl')),
  report: optional(file('where the table is written as a page with figures, .html')),
  ...overwriteOption,
}
export type SensitivityValues = Values<typeof sensitivityOptions>

// parts ------------------------------------------------------------------------------------------

/** The labels of the rows' own field. @returns left where a row has none */
const labelsOf = (data: Dataset): E.Either<InputError, ReadonlyArray<LabelRow>> =>
  pipe(
    data.examples,
    E.traverseArray((row) =>
      pipe(
        labelOf(row),
        E.fromNullable(
          badInput('BadRow', `the row ${JSON.stringify(row.id)} has no field unsafe (0 or 1)`, {
            where: data.name,
            remedy: 'label every row: the table compares the filter with the labels',
          }),
        ),
        E.map((unsafe) => ({ id: row.id, unsafe })),
      ),
    ),
  )

/** Every threshold must be on the signal's scale. */
const checkValues = ({ phi, signal, reference }: SensitivityValues): E.Either<InputError, unknown> =>
  pipe(
    phi,
    E.traverseArray((value) =>
      checkForgetFilter({ phi: value, signal, reference, method: undefined, alpha: undefined }),
    ),
  )

/** Smaller sets are parts of larger ones. */
const subset = (safe: Dataset, rows: number, seed: number): Dataset =>
  rows >= safe.examples.length
    ? safe
    : { ...safe, examples: stream(seed, 'forgetfilter', 'safe-rows').shuffle(safe.examples).slice(0, rows) }

const rowsOf = (
  { phi, minLearned, indeterminate }: SensitivityValues,
  at: { readonly steps: number; readonly safeRows: number },
  rates: ReadonlyArray<RatedRow>,
  labels: ReadonlyArray<LabelRow>,
  seed: number,
): E.Either<Fault, ReadonlyArray<SensitivityRow>> =>
  pipe(
    phi,
    E.traverseArray((value) => {
      const rule = {
        threshold: { method: 'fixed', phi: value },
        indeterminate,
        ...(minLearned === undefined ? {} : { minLearned }),
      } as const
      const audit = auditRates(rule, rates)
      const benign = labels.flatMap(({ unsafe }, i) => (unsafe ? [] : [audit.decisions[i] === 'dropped']))
      return pipe(
        auditQuality(rule, audit, { name: 'rates', rows: rates }, { name: 'labels', rows: labels }, seed),
        E.map(({ precision, recall, f1, auroc }) => ({
          ...at,
          phi: value,
          precision,
          recall,
          f1,
          auroc,
          benignLost: benign.length === 0 ? null : benign.filter((lost) => lost).length / benign.length,
        })),
      )
    }),
  )

const shown = (x: number | null): string => (x === null ? '–' : x.toFixed(3))

const table = (rows: ReadonlyArray<SensitivityRow>): string =>
  [
    '| safe steps | safe rows | phi | precision | recall | F1 | AUROC | benign rows lost |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      (r) =>
        `| ${[r.steps, r.safeRows, r.phi, shown(r.precision), shown(r.recall), shown(r.f1), shown(r.auroc), shown(r.benignLost)].join(' | ')} |`,
    ),
  ].join('\n')

// command ----------------------------------------------------------------------------------------

/** @param openMachine called once all inputs have been read and are valid */
export const sensitivityCommand = (openMachine: OpenMachine): Command =>
  withPreset(
    command({
      name: 'sensitivity',
      description:
        'precision, recall and F1 of the filter over safe steps, sizes of the safe set and thresholds',
      options: sensitivityOptions,
      run: (v, context: Context) => {
        const work = v.work ?? `${v.out}.work`
        const seed = context.common.seed
        return pipe(
          TE.fromEither(
            pipe(
              checkTargets([v.out, v.report], [v.noisy, v.safe], v.overwrite || v.resume),
              E.chainW(() => checkWork(work)),
              E.chainW(() => checkValues(v)),
            ),
          ),
          TE.chainW(() => readDataset(v.noisy)),
          TE.bindTo('noisy'),
          TE.bindW('labels', ({ noisy }) => TE.fromEither(labelsOf(noisy))),
          TE.bindW('safe', () => readDataset(v.safe)),
          TE.bindW('rows', ({ noisy, labels, safe }) => {
            const sizes = v.safeRows.length === 0 ? [safe.examples.length] : v.safeRows
            const parts = sizes.map((size) => subset(safe, size, seed))
            return pipe(
              v.steps,
              TE.traverseSeqArray((steps) =>
                pipe(
                  openMachine({ ...v, steps }, context, work),
                  TE.bindTo('machine'),
                  TE.bindW('deciding', ({ machine }) => TE.fromEither(decidingFor(v, noisy, machine))),
                  TE.chainW(({ machine, deciding }) =>
                    pipe(
                      parts,
                      TE.traverseSeqArray((part) =>
                        pipe(
                          noisy,
                          measureForgetting(
                            keptPorts(work, machine.ports, part, deciding),
                            v.signal,
                            v.reference,
                          ),
                          TE.chainEitherKW((rates) =>
                            rowsOf(v, { steps, safeRows: part.examples.length }, rates, labels, seed),
                          ),
                        ),
                      ),
                    ),
                  ),
                ),
              ),
              TE.map((all) => all.flat(2)),
            )
          }),
          TE.chainFirstW(({ noisy, rows }) =>
            v.report === undefined
              ? TE.right(undefined)
              : writeWhole(v.report, sensitivityPage({ name: noisy.name, signal: v.signal, rows })),
          ),
          TE.chainFirstW(({ rows }) => writeJsonl(v.out, rows)),
          TE.map(({ rows }) => ({ json: { out: v.out, signal: v.signal, rows }, text: table(rows) })),
        )
      },
    }),
  )
