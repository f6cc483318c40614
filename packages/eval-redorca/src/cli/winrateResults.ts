/**
 * `winrate --results DIR`: every defended cell against the undefended one, on stored answers. `winrates.json` is written after each
 * comparison, so that the same command goes on where it was stopped; what was compared before is not asked again.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context, Outcome } from '@safe/tensor-core/cli'
import { type Fault, type PairwiseJudge, badInput } from '@safe/tensor-core/contracts'
import { type PairVerdict, pairVerdicts } from '../pairs/verdict'
import { type WinRates, pairAgreement } from '../pairs/winRate'
import { cellName, modelPrefix, withListed } from '../plan/factors'
import { type CellComparison, comparisonKey, comparisonsOf } from '../results/comparisons'
import { readResults } from '../results/resultsFile'
import {
  type WinRateEntry,
  type WinRatesFile,
  entryRates,
  readWinRates,
  writeWinRates,
} from '../results/winRatesFile'
import type { Sample } from '../suite/samples'
import { type Asking, inBatches } from '../work/askInBatches'
import { eachJudge, withProgress } from './judgesInTurn'
import { type OpenPairwise, pairDoor } from './pairJudges'
import { judgesText } from './winrateText'

// model ------------------------------------------------------------------------------------------

export interface ResultsChoice {
  readonly results: string
  readonly judges: ReadonlyArray<string>
  readonly sets: ReadonlyArray<Sample['set']>
  readonly safetySets: ReadonlyArray<string>
}

interface State {
  readonly choice: ResultsChoice
  readonly comparisons: ReadonlyArray<CellComparison>
  readonly seed: number
}

// parts ------------------------------------------------------------------------------------------

const ratesIn =
  ({ comparisons, choice, seed }: State) =>
  (entry: WinRateEntry): WinRates | undefined => {
    const found = comparisons.find((c) => c.cell.id === entry.cell)
    return found === undefined ? undefined : entryRates(found, entry, choice.safetySets, seed)
  }

/** The file with an entry in place of any of the same cell and judge. */
const withEntry = (file: WinRatesFile, entry: WinRateEntry): WinRatesFile => ({
  ...file,
  comparisons: [...file.comparisons.filter((e) => e.cell !== entry.cell || e.judge !== entry.judge), entry],
})

const askedEntry = (
  judge: PairwiseJudge,
  comparison: CellComparison,
  asking: Asking,
): TE.TaskEither<Fault, WinRateEntry> =>
  pipe(
    inBatches(asking)(pairVerdicts(judge))(comparison.answers),
    TE.map((verdicts) => ({
      cell: comparison.cell.id,
      against: comparison.against,
      judge: judge.id,
      key: comparisonKey(comparison, judge.id),
      pairs: Object.fromEntries(
        comparison.answers.map(({ id }, i): readonly [string, PairVerdict] => [id, verdicts[i] ?? null]),
      ),
    })),
  )

/** Compares all cells that the file has no current entry of; the file is written after each. */
const compared =
  (state: State, context: Context, held: { file: WinRatesFile }) =>
  (judge: PairwiseJudge): TE.TaskEither<Fault, string> => {
    const total = state.comparisons.reduce((sum, { answers }) => sum + answers.length, 0)
    return withProgress(
      context,
      `comparing by ${judge.id}`,
      total,
    )((asking) =>
      pipe(
        state.comparisons,
        TE.traverseSeqArray((comparison): TE.TaskEither<Fault, void> => {
          const key = comparisonKey(comparison, judge.id)
          if (held.file.comparisons.some((e) => e.cell === comparison.cell.id && e.key === key))
            return TE.fromIO(() => asking.onDone(comparison.answers.length))
          return pipe(
            askedEntry(judge, comparison, asking),
            TE.mapLeft((fault) =>
              fault.kind === 'interrupted'
                ? { ...fault, remedy: 'run the same command again to continue' }
                : fault,
            ),
            TE.chain((entry) => {
              held.file = withEntry(held.file, entry)
              return writeWinRates(state.choice.results, held.file, ratesIn(state))
            }),
          )
        }),
        TE.map(() => judge.id),
      ),
    )
  }

const outcomeOf = (state: State, file: WinRatesFile, judges: ReadonlyArray<string>): Outcome => {
  const rates = ratesIn(state)
  const rows = state.comparisons.map(({ cell, against }) => {
    const own = judges.flatMap(
      (judge) => file.comparisons.find((e) => e.cell === cell.id && e.judge === judge) ?? [],
    )
    const ids = Object.keys(own[0]?.pairs ?? {})
    return {
      cell,
      against,
      judged: own.flatMap((e) => {
        const found = rates(e)
        return found === undefined ? [] : [[e.judge, found] as const]
      }),
      alpha: own.length < 2 ? undefined : pairAgreement(own.map((e) => ids.map((id) => e.pairs[id] ?? null))),
    }
  })
  return {
    json: {
      safetySets: state.choice.safetySets,
      comparisons: rows.map(({ cell, against, judged, alpha }) => ({
        cell: cell.id,
        against,
        factors: cell.factors,
        strengths: cell.strengths,
        judges: Object.fromEntries(judged),
        ...(alpha === undefined ? {} : { alpha }),
      })),
    },
    text: rows
      .map(({ cell, judged, alpha }) => {
        const { seed } = cell.factors
        return `${cellName(withListed(cell))}, ${modelPrefix(cell.factors)}${cell.factors.regime}, seed ${seed}\n${judgesText(judged, alpha)}`
      })
      .join('\n'),
  }
}

// running ----------------------------------------------------------------------------------------

export const compareResults = (
  open: OpenPairwise,
  choice: ResultsChoice,
  context: Context,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.Do,
    TE.bindW('read', () => readResults(choice.results)),
    TE.let('state', ({ read }): State => ({
      choice,
      comparisons: comparisonsOf(read.results, read.samples, choice.sets),
      seed: context.common.seed,
    })),
    TE.filterOrElseW(
      ({ state }) => state.comparisons.some((c) => c.answers.length > 0),
      (): Fault =>
        badInput(
          'EmptyData',
          'has no defended cell with an undefended one of its regime and seed to compare',
          {
            where: choice.results,
            remedy: 'run the benchmark with and without defences, or give other --sets',
          },
        ),
    ),
    TE.bindW('before', () => readWinRates(choice.results)),
    TE.let('held', ({ before }) => ({
      file: {
        format: 1 as const,
        safetySets: [...choice.safetySets],
        sets: [...choice.sets],
        comparisons: before?.comparisons ?? [],
      },
    })),
    TE.bindW('judges', ({ state, held }) =>
      eachJudge(pairDoor(open), context, choice.judges)(compared(state, context, held)),
    ),
    TE.chainFirstW(({ state, held }) => writeWinRates(choice.results, held.file, ratesIn(state))),
    TE.map(({ state, held, judges }) => outcomeOf(state, held.file, judges)),
  )
