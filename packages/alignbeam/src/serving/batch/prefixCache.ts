/**
 * Prompts opened after earlier ones: what a prompt shares with one that was read before is not read again. System prompts are
 * the same from request to request, and the anchor's always is.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Batches, type DecodingSession, type LmError, tokenPrompt } from '@safe/tensor-core/contracts'
import { disposing } from '../../mixing/bridging'
import { commonPrefix } from '../../mixing/commonPrefix'

// model ------------------------------------------------------------------------------------------

type Tokens = ReadonlyArray<number>

/** An earlier prompt, as a session of one row. */
interface Entry {
  readonly tokens: Tokens
  readonly session: DecodingSession
}

/** Prompts of a batch as one session. */
export interface OpenedPrompts {
  readonly session: DecodingSession
  /** Of each prompt, the tokens that did not have to be read. */
  readonly cached: ReadonlyArray<number>
}

/** Opens prompts, and remembers them. */
export interface PrefixCache {
  /** @param pause runs between the parts of long prompts, so that other rows go on */
  readonly open: (
    prompts: ReadonlyArray<Tokens>,
    pause: TE.TaskEither<LmError, void>,
  ) => TE.TaskEither<LmError, OpenedPrompts>
  readonly dispose: () => void
}

/** Limits of a cache. */
export interface PrefixCacheSettings {
  /** Tokens that are remembered at most; 0 remembers nothing. */
  readonly tokens: number
  /** Tokens of each row that are read at a time. */
  readonly chunk: number
}

/** Shared tokens from which an earlier prompt is used, and length from which a prompt is remembered. */
const WORTH = 16

// prefixes ---------------------------------------------------------------------------------------

/** What of `prompt` need not be read after `held`: at least one token is read, unless both are the same. */
export const keptTokens = (held: Tokens, prompt: Tokens): number => {
  const common = commonPrefix(held, prompt)
  return common === prompt.length && common < held.length ? common - 1 : common
}

// opening ----------------------------------------------------------------------------------------

/** Reads the rest of prompts whose first `done` tokens a session holds, in parts. The session is freed. */
const readOn =
  (model: Batches, chunk: number, pause: TE.TaskEither<LmError, void>) =>
  (prompts: ReadonlyArray<Tokens>, done: ReadonlyArray<number>) =>
  (session: DecodingSession): TE.TaskEither<LmError, DecodingSession> => {
    const part = prompts.map((tokens, i) => tokens.slice(done[i], (done[i] ?? 0) + chunk))
    const next = done.map((n, i) => n + (part[i]?.length ?? 0))
    const over = next.every((n, i) => n >= (prompts[i]?.length ?? 0))
    return pipe(
      disposing(
        session,
        model.reopen(
          session,
          part.map((tokens, i) => ({ keep: done[i] ?? 0, tokens })),
        ),
      ),
      TE.chain((grown) =>
        over
          ? TE.right(grown)
          : pipe(
              pause,
              TE.tapError(() => TE.fromIO(grown.dispose)),
              TE.chain(() => readOn(model, chunk, pause)(prompts, next)(grown)),
            ),
      ),
    )
  }

/** Prompts that nothing is known of. */
const openAnew = (
  model: Batches,
  chunk: number,
  pause: TE.TaskEither<LmError, void>,
  prompts: ReadonlyArray<Tokens>,
): TE.TaskEither<LmError, DecodingSession> => {
  const first = prompts.map((tokens) => tokens.slice(0, chunk))
  return pipe(
    model.open(first.map(tokenPrompt)),
    TE.chain((session) =>
      prompts.every((tokens) => tokens.length <= chunk)
        ? TE.right(session)
        : pipe(
            pause,
            TE.tapError(() => TE.fromIO(session.dispose)),
            TE.chain(() =>
              readOn(
                model,
                chunk,
                pause,
              )(
                prompts,
                first.map(({ length }) => length),
              )(session),
            ),
          ),
    ),
  )
}

/** Prompts that begin as an earlier one. */
const openAfter = (
  model: Batches,
  chunk: number,
  pause: TE.TaskEither<LmError, void>,
  entry: Entry,
  prompts: ReadonlyArray<Tokens>,
): TE.TaskEither<LmError, DecodingSession> =>
  pipe(
    entry.session.select(prompts.map(() => 0)),
    TE.chain(
      readOn(
        model,
        chunk,
        pause,
      )(
        prompts,
        prompts.map((tokens) => keptTokens(entry.tokens, tokens)),
      ),
    ),
  )

/** One session of several, its rows in the order `places` says: the place of each session's rows. The parts are freed. */
const inOrder = (
  model: Batches,
  parts: ReadonlyArray<DecodingSession>,
  places: ReadonlyArray<number>,
): TE.TaskEither<LmError, DecodingSession> => {
  const [only] = parts
  const order = places.map((_, place) => places.indexOf(place))
  const sorted = order.every((row, i) => row === i)
  const all =
    parts.length === 1 && only !== undefined
      ? TE.right<LmError, DecodingSession>(only)
      : disposing({ dispose: () => parts.forEach((part) => part.dispose()) }, model.join(parts))
  return sorted
    ? all
    : pipe(
        all,
        TE.chain((joined) => disposing(joined, joined.select(order))),
      )
}

// constructors -----------------------------------------------------------------------------------

/** A cache for one model. Its sessions are freed by `dispose`; those it gives out belong to the caller. */
export const prefixCache = (model: Batches, { tokens: room, chunk }: PrefixCacheSettings): PrefixCache => {
  /** Least recently used first. */
  const state: { entries: ReadonlyArray<Entry> } = { entries: [] }
  const held = (entries: ReadonlyArray<Entry>): number =>
    entries.reduce((sum, { tokens }) => sum + tokens.length, 0)

  const best = (prompt: Tokens): Entry | undefined =>
    state.entries.reduce<Entry | undefined>((found, entry) => {
      const shared = commonPrefix(entry.tokens, prompt)
      return shared >= WORTH && shared > (found === undefined ? 0 : commonPrefix(found.tokens, prompt))
        ? entry
        : found
    }, undefined)

  const used = (entry: Entry): void => {
    state.entries = [...state.entries.filter((other) => other !== entry), entry]
  }

  const forgetBeyondRoom = (): void => {
    while (held(state.entries) > room) {
      const [oldest, ...rest] = state.entries
      oldest?.session.dispose()
      state.entries = rest
    }
  }

  const remember =
    (prompts: ReadonlyArray<Tokens>) =>
    (session: DecodingSession): TE.TaskEither<LmError, void> => {
      const fresh = prompts.flatMap((tokens, row) =>
        tokens.length >= WORTH &&
        tokens.length <= room &&
        !state.entries.some((entry) => commonPrefix(entry.tokens, tokens) === tokens.length) &&
        !prompts.slice(0, row).some((earlier) => commonPrefix(earlier, tokens) === tokens.length)
          ? [{ tokens, row }]
          : [],
      )
      return pipe(
        fresh,
        TE.traverseSeqArray(({ tokens, row }) =>
          pipe(
            session.select([row]),
            TE.map((own) => {
              state.entries = [...state.entries, { tokens, session: own }]
              forgetBeyondRoom()
            }),
          ),
        ),
        TE.map(() => undefined),
      )
    }

  return {
    open: (prompts, pause) => {
      const entries = prompts.map(best)
      const groups = [...new Set(entries)].map((entry) => ({
        entry,
        places: entries.flatMap((own, place) => (own === entry ? [place] : [])),
      }))
      const opened: DecodingSession[] = []
      return pipe(
        groups,
        TE.traverseSeqArray(({ entry, places }) => {
          const own = places.map((place) => prompts[place] ?? [])
          if (entry !== undefined) used(entry)
          return pipe(
            entry === undefined
              ? openAnew(model, chunk, pause, own)
              : openAfter(model, chunk, pause, entry, own),
            TE.tapIO((session) => () => {
              opened.push(session)
            }),
          )
        }),
        TE.tapError(() => TE.fromIO(() => opened.forEach((session) => session.dispose()))),
        TE.chain((parts) =>
          inOrder(
            model,
            parts,
            groups.flatMap(({ places }) => places),
          ),
        ),
        TE.chain((session) =>
          pipe(
            room > 0 ? remember(prompts)(session) : TE.right(undefined),
            TE.tapError(() => TE.fromIO(session.dispose)),
            TE.map(() => ({
              session,
              cached: prompts.map((tokens, i) => {
                const entry = entries[i]
                return entry === undefined ? 0 : keptTokens(entry.tokens, tokens)
              }),
            })),
          ),
        ),
      )
    },
    dispose: () => {
      state.entries.forEach(({ session }) => session.dispose())
      state.entries = []
    },
  }
}
