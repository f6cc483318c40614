/**
 * The bridge of a completion: rows advance on the mixture until they have N tokens, end, or have used up their budget.
 * All rows of a batch take a step together, one call per model.
 */
import type { DecodingSession, LmError, NextToken, TokenLogProb } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Mixed, bestToken, mostProbable } from './mix'
import type { MixedSession } from './mixedSession'

// model ------------------------------------------------------------------------------------------

/** One mixed step as remembered. */
export interface Step extends Pick<Mixed, 'mappedMass' | 'support' | 'fallback' | 'agrees' | 'known'> {
  /** The token taken. */
  readonly chosen: TokenLogProb
  /** The most probable tokens of the mixture, as many as requested. */
  readonly top: ReadonlyArray<TokenLogProb>
}

/** A row after its bridge. `live` rows continue with the draft alone. */
export interface BridgedRow {
  /** Tokens added here, without a stop token. */
  readonly tokens: ReadonlyArray<number>
  readonly steps: ReadonlyArray<Step>
  readonly state: 'live' | 'stop' | 'length'
}

/** Live rows that stand in one session of the draft; the receiver frees it. */
export interface LiveRows {
  readonly session: DecodingSession<NextToken>
  /** Which of the bridged rows the session's rows are. */
  readonly rows: ReadonlyArray<number>
}

export interface Bridged {
  readonly rows: ReadonlyArray<BridgedRow>
  readonly live: ReadonlyArray<LiveRows>
}

export interface BridgingOptions {
  readonly bridgeTokens: number
  readonly stopTokens: ReadonlySet<number>
  /** Most tokens each row may add. */
  readonly budgets: ReadonlyArray<number>
  /** How many of the most probable tokens each step remembers. */
  readonly logProbs: number
  /** The token that a row takes, from the mixture and the row's tokens, prompt included; default: the most probable. */
  readonly choose?: ((mixed: Mixed, row: number, tokens: ReadonlyArray<number>) => number) | undefined
  /** Whether a row ends with its last token; default: never. */
  readonly ends?: ((added: ReadonlyArray<number>) => boolean) | undefined
}

// constructors -----------------------------------------------------------------------------------

/** Where a token stands in the support; in a whole vocabulary, at its id. */
const placeOf = ({ tokens }: Mixed, id: number): number => (tokens[id] === id ? id : tokens.indexOf(id))

const logProbOf = (mixed: Mixed, id: number): TokenLogProb => ({
  id,
  logProb: Math.log(mixed.probabilities[placeOf(mixed, id)] ?? 0),
})

/** What is remembered of a mixed step from which `token` was taken. */
export const stepOf = (mixed: Mixed, token: number, logProbs: number): Step => ({
  mappedMass: mixed.mappedMass,
  support: mixed.support,
  fallback: mixed.fallback,
  agrees: mixed.agrees,
  ...(mixed.known === undefined ? {} : { known: mixed.known }),
  chosen: logProbOf(mixed, token),
  top: logProbs > 0 ? mostProbable(mixed, logProbs).map((id) => logProbOf(mixed, id)) : [],
})

// running ----------------------------------------------------------------------------------------

interface Running {
  /** Undefined when no row is left in it. */
  readonly session: MixedSession<NextToken> | undefined
  /** Which rows stand in it. */
  readonly rows: ReadonlyArray<number>
  readonly done: Bridged
}

/** Keeps the rows named (by their place in the session), freeing the session they were in. */
const keepOnly = (
  session: MixedSession<NextToken>,
  places: ReadonlyArray<number>,
): TE.TaskEither<LmError, MixedSession<NextToken> | undefined> => {
  if (places.length === session.tokens.length) return TE.right(session)
  if (places.length === 0) {
    session.dispose()
    return TE.right(undefined)
  }
  return disposing(session, session.select(places))
}

/** Runs `work`, then frees the session, whether it succeeded or not. */
export const disposing =
  <E, A>(session: { readonly dispose: () => void }, work: TE.TaskEither<E, A>): TE.TaskEither<E, A> =>
  async () => {
    try {
      return await work()
    } finally {
      session.dispose()
    }
  }

/** Moves rows that have finished their bridge out of the running session. */
const settle =
  (options: BridgingOptions) =>
  (running: Running): TE.TaskEither<LmError, Running> => {
    const { session, rows, done } = running
    if (session === undefined) return TE.right(running)
    const places = rows.map((_, place) => place)
    const ended = places.filter((place) => done.rows[rows[place] ?? -1]?.state !== 'live')
    const over = places.filter(
      (place) => !ended.includes(place) && (session.positions[place] ?? 0) >= options.bridgeTokens,
    )
    const going = places.filter((place) => !ended.includes(place) && !over.includes(place))
    const named = (kept: ReadonlyArray<number>): ReadonlyArray<number> =>
      kept.flatMap((place) => rows[place] ?? [])
    const released = (from: MixedSession<NextToken> | undefined): ReadonlyArray<LiveRows> =>
      from === undefined ? [] : [{ session: from.release(), rows: named(over) }]

    if (over.length === 0)
      return pipe(
        keepOnly(session, going),
        TE.map((next) => ({ session: next, rows: named(going), done })),
      )
    if (going.length === 0)
      return pipe(
        keepOnly(session, over),
        TE.map((kept) => ({
          session: undefined,
          rows: [],
          done: { ...done, live: [...done.live, ...released(kept)] },
        })),
      )
    return pipe(
      session.select(over),
      TE.map((kept) => ({ ...done, live: [...done.live, ...released(kept)] })),
      TE.chain((next) =>
        pipe(
          keepOnly(session, going),
          TE.map((rest) => ({ session: rest, rows: named(going), done: next })),
        ),
      ),
    )
  }

/** One mixed step for every row of the running session. */
const stepAll =
  (options: BridgingOptions) =>
  (running: Running): TE.TaskEither<LmError, Running> => {
    const { session, rows, done } = running
    if (session === undefined) return TE.right(running)
    return pipe(
      session.mixed,
      TE.chain((mixtures) => {
        const next = [...done.rows]
        const chosen = mixtures.map((mixed, place) => {
          const row = rows[place] ?? -1
          const token = options.choose?.(mixed, row, session.tokens[place] ?? []) ?? bestToken(mixed)
          const before = next[row] ?? { tokens: [], steps: [], state: 'live' }
          const stops = options.stopTokens.has(token)
          const tokens = stops ? before.tokens : [...before.tokens, token]
          next[row] = {
            tokens,
            steps: [...before.steps, stepOf(mixed, token, options.logProbs)],
            state:
              stops || options.ends?.(tokens) === true
                ? 'stop'
                : tokens.length >= (options.budgets[row] ?? 0)
                  ? 'length'
                  : 'live',
          }
          return token
        })
        const goes = rows.flatMap((row, place) => (next[row]?.state === 'live' ? [place] : []))
        const after = { rows: next, live: done.live }
        return pipe(
          keepOnly(session, goes),
          TE.chain((kept) =>
            kept === undefined
              ? TE.right<LmError, Running>({ session: undefined, rows: [], done: after })
              : pipe(
                  disposing(
                    kept,
                    kept.edit(
                      goes.map((place, i) => ({
                        keep: kept.tokens[i]?.length ?? 0,
                        tokens: [chosen[place] ?? 0],
                      })),
                    ),
                  ),
                  TE.map((moved) => ({
                    session: moved,
                    rows: goes.flatMap((place) => rows[place] ?? []),
                    done: after,
                  })),
                ),
          ),
        )
      }),
    )
  }

/** Takes the rows over the bridge. The session is the function's from here on: it is freed or given back in `live`. */
export const bridgeRows = (
  session: MixedSession<NextToken>,
  options: BridgingOptions,
): TE.TaskEither<LmError, Bridged> => {
  const start: Running = {
    session,
    rows: session.tokens.map((_, row) => row),
    done: {
      rows: session.tokens.map((_, row) => ({
        tokens: [],
        steps: [],
        state: (options.budgets[row] ?? 0) > 0 ? 'live' : 'length',
      })),
      live: [],
    },
  }
  const held = { running: start }
  const guard = (work: TE.TaskEither<LmError, Running>): TE.TaskEither<LmError, Running> =>
    pipe(
      work,
      TE.tapIO((next) => () => {
        held.running = next
      }),
    )
  const go = (running: Running): TE.TaskEither<LmError, Bridged> =>
    running.session === undefined
      ? TE.right(running.done)
      : pipe(
          guard(stepAll(options)(running)),
          TE.chain((next) => guard(settle(options)(next))),
          TE.chain(go),
        )
  return pipe(
    guard(settle(options)(start)),
    TE.chain(go),
    TE.tapError(() =>
      TE.fromIO(() => {
        held.running.session?.dispose()
        held.running.done.live.forEach((l) => l.session.dispose())
      }),
    ),
  )
}
