/**
 * A decoding session of two models: the draft's rows, and the anchor reading along.
 *
 * For the first `bridgeTokens` tokens of each completion the next-token distribution is the mixture, afterwards the draft's own.
 * The anchor is brought up to date only when a mixture is computed, in one edit for all rows, so its last token costs nothing
 * and neither do rows that have left the bridge. Like every session it is a value; `release` gives up the anchor's side.
 */
import type {
  DecodingSession,
  FullDistribution,
  LmError,
  NextToken,
  Prompt,
  RowEdit,
  Steps,
} from '@safe/tensor-core/contracts'
import { sequenceT } from 'fp-ts/Apply'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { readingOf } from './anchorReading'
import type { Mixed } from './mix'
import type { Reader, ReadingSession } from './reading'

// model ------------------------------------------------------------------------------------------

/** How two models decide the first tokens together; `D` and `A` are what draft and anchor tell of a next token. */
export interface Mixer<D extends NextToken = FullDistribution, A extends NextToken = D> {
  /** Tokens of a completion that both decide, N. */
  readonly bridgeTokens: number
  readonly mix: (anchor: A, draft: D) => Mixed
  /** Tokens that end a completion while both decide; default: the draft's stop tokens. */
  readonly ends?: ReadonlySet<number>
  /** A completion's tokens as the anchor reads them. */
  readonly reading: (completion: ReadonlyArray<number>) => ReadonlyArray<number>
  /** The prompt as the anchor is given it. */
  readonly anchorPrompt: (prompt: Prompt) => TE.TaskEither<LmError, Prompt>
  /** Whether the mixture's tokens are chosen by the caller's generation options; without it, greedily. */
  readonly sampled?: boolean
  /** Whether the two may be asked at once: servers may; models of one process take turns. */
  readonly atOnce?: boolean
}

/** What mixing needs of a draft. */
export type Drafting<D extends NextToken = FullDistribution> = Pick<
  Steps<D>,
  'open' | 'tokenizer' | 'stopTokens'
>

/**
 * Rows that two models decode together. As every session, each step gives a new one, and each is freed by its own
 * `dispose`.
 */
export interface MixedSession<D extends NextToken = FullDistribution> extends Pick<
  DecodingSession,
  'tokens' | 'promptLengths' | 'dispose'
> {
  /** The draft's own distributions. */
  readonly own: TE.TaskEither<LmError, ReadonlyArray<D>>
  /** Length of each row's completion. */
  readonly positions: ReadonlyArray<number>
  /** One mixed step for every row. */
  readonly mixed: TE.TaskEither<LmError, ReadonlyArray<Mixed>>
  readonly edit: (edits: ReadonlyArray<RowEdit>) => TE.TaskEither<LmError, MixedSession<D>>
  readonly select: (rows: ReadonlyArray<number>) => TE.TaskEither<LmError, MixedSession<D>>
  /** The draft's session, which continues alone; the anchor's is freed, and this session must not be used again. */
  readonly release: () => DecodingSession<D>
}

// sharing ----------------------------------------------------------------------------------------

/** A session owned by several values, freed with the last of them. */
interface Shared<D extends NextToken> {
  readonly session: ReadingSession<D>
  readonly retain: () => Shared<D>
  readonly free: () => void
}

const shared = <D extends NextToken>(session: ReadingSession<D>): Shared<D> => {
  const owners = { count: 1 }
  const self: Shared<D> = {
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

const mixedSession = <D extends NextToken, A extends NextToken>(
  draft: DecodingSession<D>,
  anchor: Shared<A>,
  mixer: Mixer<D, A>,
): MixedSession<D> => {
  const own = { anchor, freed: false }
  const freeAnchor = (): void => {
    if (!own.freed) own.anchor.free()
    own.freed = true
  }
  const positions = draft.tokens.map((row, i) => row.length - (draft.promptLengths[i] ?? 0))

  /** Brings the anchor's rows up to what the draft's rows say now. */
  const upToDate: TE.TaskEither<LmError, ReadingSession<A>> = async () => {
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

  const read = pipe(
    upToDate,
    TE.chain((session) => session.logProbs),
  )
  const mixed: TE.TaskEither<LmError, ReadonlyArray<Mixed>> = pipe(
    mixer.atOnce === true
      ? sequenceT(TE.ApplicativePar)(draft.logProbs, read)
      : sequenceT(TE.ApplicativeSeq)(draft.logProbs, read),
    TE.map(([ours, theirs]) => RA.zipWith(theirs, ours, mixer.mix)),
  )

  return {
    tokens: draft.tokens,
    promptLengths: draft.promptLengths,
    positions,
    own: draft.logProbs,
    mixed,
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
  <D extends NextToken, A extends NextToken>(anchor: Reader<A>, mixer: Mixer<D, A>) =>
  (draft: Pick<Steps<D>, 'open'>) =>
  (prompts: ReadonlyArray<Prompt>): TE.TaskEither<LmError, MixedSession<D>> =>
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
