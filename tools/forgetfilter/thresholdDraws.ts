/** Rates of labelled rows from a model that was trained for them, for every share of harmful rows and seed, and what thresholds make of them. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Outcome,
  commaSeparated,
  count,
  folder,
  integer,
  required,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { number } from '@safe/tensor-core/options'
import { wilson } from '../../packages/eval-redorca/src/stats'
import type { RatedRow } from '../../packages/forgetfilter/src/rates/rates'
import { readRates } from '../../packages/forgetfilter/src/rates/records'
import { methodRan } from '../fromSource'
import { rowsText } from '../rowsText'
import { LEAST_USEFUL_J, bestOf, methodsOf, outcomeOf } from './thresholdOutcomes'
import { type Cell, tables } from './thresholdTables'

// model ------------------------------------------------------------------------------------------

export interface Draw {
  /** Share of harmful rows, from 0 to 1. */
  readonly share: number
  readonly seed: number
}

/** Where rows and rates come from. Rows of `noisy` whose field `unsafe` is 1 are harmful. */
export interface ThresholdSource {
  readonly name: string
  readonly description: string
  readonly noisy: (draw: Draw) => Dataset
  /** Trusted rows, measured with the others; their ids begin with `canary-`. */
  readonly canaries: (draw: Draw, noisy: Dataset) => Dataset
  readonly safe: Dataset
  readonly model: string
  /** Options of `forgetfilter run`. */
  readonly recipe: ReadonlyArray<string>
}

/** The options of every command that measures thresholds. */
export const drawOptions = {
  out: required(folder('where data, rates and audits are kept')),
  shares: withDefault(
    [0, 0.05, 0.25, 0.5, 0.75],
    commaSeparated(number('share of harmful rows', { min: 0, max: 1 })),
  ),
  seeds: withDefault([1, 2, 3], commaSeparated(integer('seed', { min: 0 }))),
  jobs: withDefault(2, count('runs at once')),
}

interface DrawChoice {
  readonly out: string
  readonly shares: ReadonlyArray<number>
  readonly seeds: ReadonlyArray<number>
  readonly jobs: number
}

// rates ------------------------------------------------------------------------------------------

const auditOf = (out: string, { share: part, seed }: Draw): string =>
  join(out, `${part}-${seed}`, 'audit.jsonl')

const measured =
  (source: ThresholdSource, out: string) =>
  (draw: Draw): TE.TaskEither<Fault, void> => {
    const audit = auditOf(out, draw)
    if (existsSync(audit)) return TE.right(undefined)
    const here = join(out, `${draw.share}-${draw.seed}`)
    mkdirSync(here, { recursive: true })
    const noisy = source.noisy(draw)
    const at = (name: string): string => join(here, name)
    writeFileSync(at('noisy.jsonl'), rowsText(noisy) + rowsText(source.canaries(draw, noisy)))
    writeFileSync(at('safe.jsonl'), rowsText(source.safe))
    return methodRan(
      'forgetfilter',
      [
        ...['run', '--model', source.model, '--noisy', at('noisy.jsonl'), '--safe', at('safe.jsonl')],
        ...['--out', at('kept.jsonl'), '--audit', audit, '--work', at('work')],
        ...['--seed', String(draw.seed), '--overwrite', '--quiet'],
        ...source.recipe,
      ],
      here,
    )
  }

// outcomes ---------------------------------------------------------------------------------------

const isCanary = ({ id }: { readonly id: string }): boolean => id.startsWith('canary-')

interface Found {
  readonly best: number
  readonly outcomes: ReadonlyArray<ReturnType<typeof outcomeOf>>
}

const outcomesIn = (source: ThresholdSource, rows: ReadonlyArray<RatedRow>, draw: Draw): Found => {
  const harmful = new Set(
    source
      .noisy(draw)
      .examples.filter(({ fields }) => fields['unsafe'] === 1)
      .map(({ id }) => id),
  )
  const labelled = rows
    .filter((row) => !isCanary(row))
    .map((row) => ({ ...row, unsafe: harmful.has(row.id) }))
  const best = bestOf(labelled)
  return {
    best: best.f1,
    outcomes: methodsOf().map((method) =>
      outcomeOf(method, labelled, rows.filter(isCanary), best.j >= LEAST_USEFUL_J),
    ),
  }
}

const outcomesOf =
  (source: ThresholdSource, out: string) =>
  (draw: Draw): TE.TaskEither<Fault, Found> =>
    pipe(
      readRates(auditOf(out, draw)),
      TE.map(({ rows }) => outcomesIn(source, rows, draw)),
    )

// running ----------------------------------------------------------------------------------------

/** Measures what is missing, then makes the table. Audits are kept in `out`, so a stopped run goes on. */
export const thresholdsOf = (
  source: ThresholdSource,
  { out, shares, seeds, jobs }: DrawChoice,
  context: Context,
): TE.TaskEither<Fault, Outcome> => {
  const draws = shares.flatMap((part) => seeds.map((seed): Draw => ({ share: part, seed })))
  const progress = context.progress('runs', draws.length)
  const lanes = Array.from({ length: jobs }, (_, lane) => draws.filter((__, i) => i % jobs === lane))
  return pipe(
    lanes,
    TE.traverseArray(
      TE.traverseSeqArray((draw) =>
        pipe(
          measured(source, out)(draw),
          TE.tapIO(() => () => progress.tick(1, `${100 * draw.share} %, seed ${draw.seed}`)),
        ),
      ),
    ),
    TE.tapIO(() => () => progress.stop()),
    TE.chain(() =>
      pipe(
        shares,
        TE.traverseSeqArray((part) =>
          pipe(
            seeds.map((seed): Draw => ({ share: part, seed })),
            TE.traverseSeqArray(outcomesOf(source, out)),
            TE.map((found) =>
              methodsOf().map(({ name }, m): Cell => ({
                scenario: source.name,
                unsafeShare: part,
                method: name,
                bestF1: found.reduce((sum, { best }) => sum + best, 0) / found.length,
                outcomes: found.flatMap(({ outcomes }) => outcomes.slice(m, m + 1)),
              })),
            ),
          ),
        ),
      ),
    ),
    TE.map((cells) => {
      const { name, description } = source
      const made = tables([{ name, description }], cells.flat(), wilson)
      return { json: { rows: made.rows }, text: made.text }
    }),
  )
}
