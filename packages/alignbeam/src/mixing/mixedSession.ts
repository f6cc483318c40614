/**
 * A decoding session of two models: the draft's rows, and the anchor reading along.
 *
 * For the first `bridgeTokens` tokens of each completion the next-token distribution is the mixture, afterwards the draft's own.
 * The anchor is brought up to date only when a mixture is computed, in one edit for all rows, so its last token costs nothing
 * and neither do rows that have left the bridge. Like every session it is a value; `release` gives up the anchor's side.
 */
import type { DecodingSession, LmError, Prompt, RowEdit, Steps } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { readingOf } from './anchorReading'
import { type Mixed, denseLogProbs } from './mix'
import type { Reader, ReadingSession } from './reading'

// model ------------------------------------------------------------------------------------------

/** How two models decide the first tokens together. */
export interface Mixer {
  /** Tokens of a completion that both decide, N. */
  readonly bridgeTokens: number
  readonly mix: (anchor: Float32Array, draft: Float32Array) => Mixed
  /** Tokens that end a completion while both decide; default: the draft's stop tokens. */
  readonly ends?: ReadonlySet<number>
  /** A completion's tokens as the anchor reads them. */
  readonly reading: (completion: ReadonlyArray<number>) => ReadonlyArray<number>
  /** The prompt as the anchor is given it. */
  readonly anchorPrompt: (prompt: Prompt) => TE.TaskEither<LmError, Prompt>
  /** Whether the mixture's tokens are chosen by the caller's generation options; without it, greedily. */
  readonly sampled?: boolean
}

/**
 * Rows that two models decode together. As every session, each step gives a new one, and each is freed by its own
 * `dispose`.
 */
export interface MixedSession extends Pick<
  DecodingSession,
  'tokens' | 'promptLengths' | 'logProbs' | 'dispose'
> {
  /** Length of each row's completion. */
  readonly positions: ReadonlyArray<number>
  /** One mixed step for every row. */
  readonly mixed: TE.TaskEither<LmError, ReadonlyArray<Mixed>>
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, MixedSession>
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, MixedSession>
  /** The draft's session, which continues alone; the anchor's is freed, and this session must not be used again. */
  readonly release: () => DecodingSession
}

// sharing ----------------------------------------------------------------------------------------

/** A session owned by several values, freed with the last of them. */
interface Shared {
  readonly session: ReadingSession
  readonly retain: () => Shared
  readonly free: () => void
}

const shared = (session: ReadingSession): Shared => {
  const owners = { count: 1 }
  const self: Shared = {
    session,
    retain: () => {
      owners.count += 1
      return self
    },
    free: () => {
      owners.count -= 1
      if (owners.count === 0) session.dispose()
    },
  }
  return self
}

// constructors -----------------------------------------------------------------------------------

/** Frees `held` where `work` fails. */
const orFree = <A>(held: { readonly dispose: () => void }, work: TE.TaskEither<LmError, A>) =>
  pipe(
    work,
    TE.tapError(() => TE.fromIO(held.dispose)),
  )

const mixedSession = (draft: DecodingSession, anchor: Shared, mixer: Mixer): MixedSession => {
  const own = { anchor, freed: false }
  const freeAnchor = (): void => {
    if (!own.freed) own.anchor.free()
    own.freed = true
  }
  const positions = draft.tokens.map((row, i) => row.length - (draft.promptLengths[i] ?? 0))

  /** Brings the anchor's rows up to what the draft's rows say now. */
  const upToDate: TE.TaskEither<LmError, ReadingSession> = async () => {
    const { session } = own.anchor
    const wanted = session.tokens.map((row, i) => [
      ...row.slice(0, session.promptLengths[i] ?? 0),
      ...mixer.reading((draft.tokens[i] ?? []).slice(draft.promptLengths[i] ?? 0)),
    ])
    const edited = await readingOf(session, wanted)()
    if (E.isLeft(edited) || edited.right === session) return edited
    own.anchor.free()
    own.anchor = shared(edited.right)
    return edited
  }

  const mixed: TE.TaskEither<LmError, ReadonlyArray<Mixed>> = pipe(
    draft.logProbs,
    TE.chain((ours) =>
      pipe(
        upToDate,
        TE.chain((session) => session.logProbs),
        TE.map((theirs) => ours.map((row, i) => mixer.mix(theirs[i] ?? new Float32Array(0), row))),
      ),
    ),
  )

  return {
    tokens: draft.tokens,
    promptLengths: draft.promptLengths,
    positions,
    mixed,
    logProbs: pipe(
      draft.logProbs,
      TE.chain((ours) =>
        positions.some((at) => at < mixer.bridgeTokens)
          ? pipe(
              mixed,
              TE.map((rows) =>
                ours.map((row, i) => {
                  const both = (positions[i] ?? 0) < mixer.bridgeTokens ? rows[i] : undefined
                  return both === undefined ? row : denseLogProbs(both, row.length)
                }),
              ),
            )
          : TE.right(ours),
      ),
    ),
    edit: (edits) =>
      pipe(
        draft.edit(edits),
        TE.map((next) => mixedSession(next, own.anchor.retain(), mixer)),
      ),
    select: (rows) =>
      pipe(
        draft.select(rows),
        TE.chain((next) =>
          orFree(
            next,
            pipe(
              own.anchor.session.select(rows),
              TE.map((theirs) => mixedSession(next, shared(theirs), mixer)),
            ),
          ),
        ),
      ),
    release: () => {
      freeAnchor()
      return draft
    },
    dispose: () => {
      if (own.freed) return
      freeAnchor()
      draft.dispose()
    },
  }
}

/** Opens both models on the prompts, each under its own template. */
export const openMixed =
  (anchor: Reader, mixer: Mixer) =>
  (draft: Pick<Steps, 'open'>) =>
  (prompts: ReadonlyArray<Prompt>): TE.TaskEither<LmError, MixedSession> =>
    pipe(
      TE.traverseSeqArray(mixer.anchorPrompt)(prompts),
      TE.chain((anchorPrompts) =>
        pipe(
          draft.open(prompts),
          TE.chain((ours) =>
            orFree(
              ours,
              pipe(
                anchor.open(anchorPrompts),
                TE.map((theirs) => mixedSession(ours, shared(theirs), mixer)),
              ),
            ),
          ),
        ),
      ),
    )
