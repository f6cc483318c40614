/**
 * Nudging (arXiv 2410.09300): where the draft is unsure of its next token, the anchor writes the next word.
 *
 *   x_t = argmax p_draft(. | x_<t)                  where max p_draft >= threshold
 *       = the anchor's greedy text, to its blank    elsewhere
 *
 * The two cross by text: the anchor reads what has been written in its own tokens, and its word is spelled in the draft's. In a round
 * every row takes one turn, a token or a word: one call of the draft for all rows, and the anchor's calls for the rows that ask it.
 */
import type { DecodingSession, LmError } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { editTowards } from '../../mixing/anchorReading'
import type { ReadingSession } from '../../mixing/reading'
import { type Pair, type Place, spelled, wordsAt } from './anchorSide'
import { type AnchorWord, greedyToken } from './anchorWords'
import { type NudgedRow, newRow, turnOf } from './row'
import { type Slot, keepOnly, slotOf } from './slot'

// model ------------------------------------------------------------------------------------------

/** How a batch is written. */
export interface NudgingOptions extends Pair {
  /** The draft is sure of its token where that has at least this probability. */
  readonly threshold: number
  /** Most tokens each row may add. */
  readonly budgets: ReadonlyArray<number>
  /** Whether added tokens hold a stop string. */
  readonly ends: (tokens: ReadonlyArray<number>) => boolean
}

/** The rows, and which of them still stand in the sessions. */
interface Progress {
  readonly rows: ReadonlyArray<NudgedRow>
  readonly live: ReadonlyArray<number>
}

/** Both sessions, and where the rows began. */
interface Sides {
  readonly draft: Slot<DecodingSession>
  readonly anchor: Slot<ReadingSession>
  /** Each row's tokens before anything was added, prompt included. */
  readonly starts: ReadonlyArray<ReadonlyArray<number>>
  readonly promptLengths: ReadonlyArray<number>
}

// turns ------------------------------------------------------------------------------------------

const isSure = (logProbs: Float32Array, threshold: number): boolean =>
  Math.exp(logProbs.reduce((max, x) => (x > max ? x : max), Number.NEGATIVE_INFINITY)) >= threshold

/** The rows whose next token the draft is not sure of. */
const unsure = (
  { rows, live }: Progress,
  { starts, promptLengths }: Sides,
  distributions: ReadonlyArray<Float32Array>,
  threshold: number,
): ReadonlyArray<Place> =>
  live.flatMap((row, place) => {
    const logProbs = distributions[place]
    return logProbs === undefined || isSure(logProbs, threshold)
      ? []
      : [
          {
            place,
            completion: [...(starts[row] ?? []).slice(promptLengths[row]), ...(rows[row]?.tokens ?? [])],
          },
        ]
  })

/** Every live row with its turn taken. */
const withTurns = (
  { rows, live }: Progress,
  history: ReadonlyArray<ReadonlyArray<number>>,
  distributions: ReadonlyArray<Float32Array>,
  words: ReadonlyMap<number, AnchorWord>,
  { draft, budgets, ends }: NudgingOptions,
): ReadonlyArray<NudgedRow> =>
  rows.map((row, i) => {
    const place = live.indexOf(i)
    const logProbs = distributions[place]
    if (place === -1 || logProbs === undefined) return row
    const word = words.get(place)
    const next = turnOf(
      row,
      greedyToken(logProbs, history[place] ?? [], draft.repetitionPenalty),
      word && spelled(draft.tokenizer, row.tokens, word),
      { budget: budgets[i] ?? 0, stopTokens: draft.stopTokens, ends },
    )
    return { ...next, passes: next.passes + (word?.passes ?? 0) }
  })

// running ----------------------------------------------------------------------------------------

/** Rows that have ended leave both sessions; the draft reads what the others have gained. */
const settle =
  (sides: Sides, before: ReadonlyArray<number>) =>
  (rows: ReadonlyArray<NudgedRow>): TE.TaskEither<LmError, Progress> => {
    const going = before.flatMap((row, place) => (rows[row]?.state === 'live' ? [place] : []))
    const live = going.flatMap((place) => before[place] ?? [])
    const read: TE.TaskEither<LmError, void> = () => {
      const held = sides.draft.now()
      const edits = held.tokens.map((tokens, place) =>
        editTowards(tokens, [
          ...(sides.starts[live[place] ?? -1] ?? []),
          ...(rows[live[place] ?? -1]?.tokens ?? []),
        ]),
      )
      return sides.draft.move(held.edit(edits))()
    }
    return live.length === 0
      ? TE.right({ rows, live })
      : pipe(
          keepOnly(sides.draft, going),
          TE.chain(() => keepOnly(sides.anchor, going)),
          TE.chain(() => read),
          TE.map(() => ({ rows, live })),
        )
  }

const round =
  (sides: Sides, options: NudgingOptions) =>
  (progress: Progress): TE.TaskEither<LmError, Progress> =>
    pipe(
      sides.draft.now().logProbs,
      TE.chain((distributions) =>
        pipe(
          wordsAt(sides.anchor, unsure(progress, sides, distributions, options.threshold), options),
          TE.map((words) => withTurns(progress, sides.draft.now().tokens, distributions, words, options)),
        ),
      ),
      TE.chain(settle(sides, progress.live)),
    )

/** Takes all rows to their ends. Both sessions are the function's from here on. */
export const nudgeRows =
  (
    draft: DecodingSession,
    anchor: ReadingSession,
    options: NudgingOptions,
  ): TE.TaskEither<LmError, ReadonlyArray<NudgedRow>> =>
  async () => {
    const { tokens: starts, promptLengths } = draft
    const sides: Sides = { draft: slotOf(draft), anchor: slotOf(anchor), starts, promptLengths }
    const rows = starts.map((_, i) => newRow(options.budgets[i] ?? 0))
    const live = rows.flatMap((row, i) => (row.state === 'live' ? [i] : []))
    let progress: Progress = { rows, live }
    try {
      if (live.length > 0) {
        const begun = await pipe(
          keepOnly(sides.draft, live),
          TE.chain(() => keepOnly(sides.anchor, live)),
        )()
        if (E.isLeft(begun)) return begun
      }
      while (progress.live.length > 0) {
        const next = await round(sides, options)(progress)()
        if (E.isLeft(next)) return next
        progress = next.right
      }
      return E.right(progress.rows)
    } finally {
      sides.draft.dispose()
      sides.anchor.dispose()
    }
  }
