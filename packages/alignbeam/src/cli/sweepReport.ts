/** What a sweep leaves beside the answers: `sweep.json`, `report.html` and `report.md`. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { packageVersion } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import type { RowSet } from '../sweep/outcome'
import { sweepMarkdown } from '../sweep/report/markdown'
import { sweepPage } from '../sweep/report/page'
import { type SweepReport, measuringNotes } from '../sweep/report/report'
import type { SweepResults } from '../sweep/results'
import type { SweepRow } from '../sweep/rows'
import type { Deciding } from './sweepFolder'
import type { SweepValues } from './sweepOptions'

// model ------------------------------------------------------------------------------------------

/** How a sweep was run. */
export interface SweepSetup {
  readonly values: SweepValues
  readonly rows: ReadonlyArray<SweepRow>
  readonly seed: number
  readonly engine: string
  /** Ids of the judges. */
  readonly judge: string | undefined
  readonly verdict: string
  readonly deciding: Deciding
}

// parts ------------------------------------------------------------------------------------------

const versions = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['@safe/alignbeam', '@safe/tensor-core'].map((name) => [name, packageVersion(name, __filename)]),
  )

/** `arena/harmful.jsonl: 24 rows in 8 clusters` */
const fileWords = ({ values, rows }: SweepSetup, set: RowSet): string => {
  const own = rows.filter((r) => r.set === set)
  return `${values[set] ?? 'none'}: ${own.length} rows in ${new Set(own.map((r) => r.cluster)).size} clusters`
}

const splitWords = ({ values: { split }, seed }: SweepSetup): string =>
  split === 'none'
    ? 'none: chosen and stated on the same rows'
    : Number.isNaN(Number(split))
      ? `the field ${split}`
      : `${split} of the clusters of every file, seed ${seed}`

const setupOf = (setup: SweepSetup): SweepReport['setup'] => {
  const { values: v, seed, engine, judge, verdict } = setup
  return [
    ['draft', v.draftAdapter === undefined ? (v.draft ?? '') : `${v.draft ?? ''} with ${v.draftAdapter}`],
    ['anchor', v.anchor ?? ''],
    ['judge among beams', judge ?? 'none: the most probable beam'],
    ['measured by', verdict],
    ['harmful', fileWords(setup, 'harmful')],
    ['benign', fileWords(setup, 'benign')],
    ...(v.task === undefined ? [] : ([['task', `${fileWords(setup, 'task')}, match ${v.match}`]] as const)),
    ['rows that choose', splitWords(setup)],
    [
      'generation',
      `at most ${v.maxNewTokens} tokens, temperature ${v.temperature}, repetition penalty ${v.repetitionPenalty}, seed ${seed}`,
    ],
    ['support, pieces, top', `${v.support}, ${v.multi}, ${v.top}`],
    ['engine', `${engine}, batches of ${v.batchSize}`],
    [
      'versions',
      Object.entries(versions())
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ]
}

/** Everything that the numbers depend on. */
const configOf = ({ values, deciding }: SweepSetup): Readonly<Record<string, unknown>> => ({
  ...deciding,
  paths: {
    draft: values.draft ?? null,
    draftAdapter: values.draftAdapter ?? null,
    anchor: values.anchor ?? null,
    harmful: values.harmful,
    benign: values.benign,
    task: values.task ?? null,
  },
  cluster: values.cluster ?? null,
  split: values.split,
  limit: values.limit ?? null,
  match: values.match,
  batchSize: values.batchSize,
})

// writing ----------------------------------------------------------------------------------------

/** Writes all three. */
export const writeSweep = (setup: SweepSetup, results: SweepResults): TE.TaskEither<Fault, void> => {
  const { out, cluster } = setup.values
  const report: SweepReport = {
    results,
    setup: setupOf(setup),
    notes: measuringNotes(setup.verdict, cluster !== undefined),
  }
  const document = { ...results, config: configOf(setup), versions: versions() }
  return pipe(
    writeWhole(join(out, 'report.html'), sweepPage(report)),
    TE.chain(() => writeWhole(join(out, 'report.md'), sweepMarkdown(report))),
    TE.chain(() => writeWhole(join(out, 'sweep.json'), `${JSON.stringify(document, null, 2)}\n`)),
  )
}
