/** `winrates.json` of a results folder: what judges of pairs said of defended against undefended answers, and the win rates. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeAs, readJson, readOptional, writeWhole } from '@safe/tensor-core/files'
import { normalisedPrompt } from '../mix/promptKey'
import { pairVerdictCodec } from '../pairs/verdict'
import { type JudgedPair, type WinRates, winRatesOf } from '../pairs/winRate'
import type { CellComparison } from './comparisons'

// model ------------------------------------------------------------------------------------------

const entry = t.type({
  cell: t.string,
  against: t.string,
  judge: t.string,
  /** Hash of the judge's id and of all answers compared. */
  key: t.string,
  /** By the sample's id. */
  pairs: t.record(t.string, pairVerdictCodec),
})
const document = t.type({
  format: t.literal(1),
  /** The sets whose win rates Safety Avg. averages. */
  safetySets: t.array(t.string),
  /** The kinds of requests whose answers were compared. */
  sets: t.array(t.string),
  comparisons: t.array(entry),
})
/** A cell's answers against the undefended ones, by one judge. */
export type WinRateEntry = t.TypeOf<typeof entry>
/** The file. */
export type WinRatesFile = t.TypeOf<typeof document>

const pathIn = (folder: string): string => join(folder, 'winrates.json')

// reading and writing ----------------------------------------------------------------------------

/** @returns right undefined where the folder has none */
export const readWinRates = (folder: string): TE.TaskEither<Fault, WinRatesFile | undefined> =>
  pipe(
    readOptional(pathIn(folder), readJson),
    TE.mapLeft((fault): Fault => fault),
    TE.chainEitherK((json) =>
      json === undefined
        ? E.right(undefined)
        : decodeAs('FileDamaged')(document, pathIn(folder), 'remove it and run redorca winrate again')(json),
    ),
  )

/** Written as a whole after every comparison; each entry has its win rates beside what they were computed from. */
export const writeWinRates = (
  folder: string,
  file: WinRatesFile,
  rates: (entry: WinRateEntry) => WinRates | undefined,
): TE.TaskEither<Fault, void> =>
  writeWhole(
    pathIn(folder),
    `${JSON.stringify({ ...file, comparisons: file.comparisons.map(({ pairs, ...e }) => ({ ...e, ...rates({ pairs, ...e }), pairs })) })}\n`,
  )

// destructors ------------------------------------------------------------------------------------

/** The pairs of an entry, with their prompts and sets. */
export const judgedPairs = (
  { answers }: CellComparison,
  { pairs }: Pick<WinRateEntry, 'pairs'>,
): ReadonlyArray<JudgedPair> =>
  answers.map(({ id, prompt, set }) => ({
    verdict: Object.hasOwn(pairs, id) ? (pairs[id] ?? null) : null,
    cluster: normalisedPrompt(prompt),
    set,
  }))

/** The win rates of an entry. */
export const entryRates = (
  comparison: CellComparison,
  found: Pick<WinRateEntry, 'pairs'>,
  safetySets: ReadonlyArray<string>,
  seed: number,
): WinRates => winRatesOf(judgedPairs(comparison, found), safetySets, seed)
