/** Rows whose next token draft and anchor decide together: the first tokens of each beam. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Batches, DecodingSession, LmError } from '@safe/tensor-core/contracts'
import { readingOf } from '../../mixing/anchorReading'
import { disposing } from '../../mixing/bridging'
import type { Mixed } from '../../mixing/mix'
import { type Group, type Stepped, appended, copiedRows, keptRows, running } from './group'
import { type Row, afterMixed } from './row'

// model ------------------------------------------------------------------------------------------

/** Rows with a session of either model, in the same order. */
export interface BridgeGroup {
  readonly draft: DecodingSession
  readonly anchor: DecodingSession
  readonly rows: ReadonlyArray<Row>
}

/** How two models decide together; the weight is each row's own. */
export interface BridgeMixer {
  readonly mix: (alpha: number) => (anchor: Float32Array, draft: Float32Array) => Mixed
  /** Tokens that end a row while both decide. */
  readonly ends: ReadonlySet<number>
  /** A completion's tokens as the anchor reads them. */
  readonly reading: (completion: ReadonlyArray<number>) => ReadonlyArray<number>
  /** A row as it leaves the bridge: it may get a lower limit, or end. */
  readonly crossed: (row: Row) => Row
}

/** A step of the bridge: the rows that took it, those still on it, and those the draft continues alone. */
export interface BridgeStepped extends Stepped<BridgeGroup> {
  readonly over: Group | undefined
}

/** Whether a row has all the tokens that both models decide. */
export const isOver = ({ tokens, settings }: Row): boolean => tokens.length >= settings.dial.bridgeTokens

const disposeBoth = ({ draft, anchor }: Pick<BridgeGroup, 'draft' | 'anchor'>) => ({
  dispose: () => {
    draft.dispose()
    anchor.dispose()
  },
})

// combinators ------------------------------------------------------------------------------------

/** Both groups in one; the sessions of the parts are freed. */
export const joinedBridges = (
  models: { readonly draft: Batches; readonly anchor: Batches },
  parts: ReadonlyArray<BridgeGroup | undefined>,
): TE.TaskEither<LmError, BridgeGroup | undefined> => {
  const groups = parts.flatMap((group) => (group === undefined ? [] : [group]))
  return groups.length < 2
    ? TE.right(groups[0])
    : disposing(
        { dispose: () => groups.forEach((group) => disposeBoth(group).dispose()) },
        pipe(
          models.draft.join(groups.map(({ draft }) => draft)),
          TE.chain((draft) =>
            pipe(
              models.anchor.join(groups.map(({ anchor }) => anchor)),
              TE.tapError(() => TE.fromIO(draft.dispose)),
              TE.map((anchor) => ({ draft, anchor, rows: groups.flatMap(({ rows }) => rows) })),
            ),
          ),
        ),
      )
}

/** The rows that `keeps`; the sessions are freed where they are not the result's. */
export const keptOnBridge = (
  group: BridgeGroup,
  keeps: (row: Row) => boolean,
): TE.TaskEither<LmError, BridgeGroup | undefined> =>
  pipe(
    keptRows({ session: group.draft, rows: group.rows }, keeps),
    TE.tapError(() => TE.fromIO(group.anchor.dispose)),
    TE.chain((draft) =>
      pipe(
        keptRows({ session: group.anchor, rows: group.rows }, keeps),
        TE.tapError(() => TE.fromIO(() => draft?.session.dispose())),
        TE.map((anchor) =>
          draft === undefined || anchor === undefined
            ? undefined
            : { draft: draft.session, anchor: anchor.session, rows: draft.rows },
        ),
      ),
    ),
  )

const appendedTo = (group: Group | undefined): TE.TaskEither<LmError, Group | undefined> =>
  group === undefined ? TE.right(undefined) : appended(group)

/**
 * Divides rows that have just taken a token: those over the bridge go on with the draft alone, those that have ended leave. The
 * sessions are freed. The anchor reads the tokens when it is next asked.
 */
export const divided = (
  { draft, anchor, rows }: BridgeGroup,
  crossed: BridgeMixer['crossed'],
): TE.TaskEither<LmError, BridgeStepped> => {
  const moved = rows.map((row) => (running(row) && isOver(row) ? crossed(row) : row))
  const goes = (row: Row): boolean => running(row) && !isOver(row)
  return pipe(
    copiedRows({ session: draft, rows: moved }, (row) => running(row) && isOver(row)),
    TE.chain(appendedTo),
    TE.tapError(() => TE.fromIO(disposeBoth({ draft, anchor }).dispose)),
    TE.chain((over) =>
      pipe(
        keptOnBridge({ draft, anchor, rows: moved }, goes),
        TE.chain((kept): TE.TaskEither<LmError, BridgeGroup | undefined> =>
          kept === undefined
            ? TE.right(undefined)
            : pipe(
                appended({ session: kept.draft, rows: kept.rows }),
                TE.tapError(() => TE.fromIO(kept.anchor.dispose)),
                TE.map((next) => ({ draft: next.session, anchor: kept.anchor, rows: next.rows })),
              ),
        ),
        TE.tapError(() => TE.fromIO(() => over?.session.dispose())),
        TE.map((group) => ({ rows: moved, group, over })),
      ),
    ),
  )
}

/**
 * The next distribution of each row, and the anchor's session with all that the rows hold. The anchor's session given is freed where
 * it is not the result's; the draft's is left as it is.
 */
const mixtures = (
  { draft, anchor, rows }: BridgeGroup,
  mixer: BridgeMixer,
): TE.TaskEither<LmError, { readonly anchor: DecodingSession; readonly mixed: ReadonlyArray<Mixed> }> =>
  pipe(
    readingOf(
      anchor,
      rows.map((row, i) => [
        ...(anchor.tokens[i] ?? []).slice(0, anchor.promptLengths[i] ?? 0),
        ...mixer.reading(row.tokens),
      ]),
    ),
    TE.tapError(() => TE.fromIO(anchor.dispose)),
    TE.chain((read) => {
      if (read !== anchor) anchor.dispose()
      return pipe(
        TE.Do,
        TE.bind('ours', () => draft.logProbs),
        TE.bind('theirs', () => read.logProbs),
        TE.tapError(() => TE.fromIO(read.dispose)),
        TE.map(({ ours, theirs }) => ({
          anchor: read,
          mixed: rows.flatMap((row, i) => {
            const [own, other] = [ours[i], theirs[i]]
            return own === undefined || other === undefined
              ? []
              : [mixer.mix(row.settings.dial.alpha)(other, own)]
          }),
        })),
      )
    }),
  )

/** One mixed token for every row. The group's sessions are freed. */
export const stepBridge = (group: BridgeGroup, mixer: BridgeMixer): TE.TaskEither<LmError, BridgeStepped> =>
  pipe(
    mixtures(group, mixer),
    TE.tapError(() => TE.fromIO(group.draft.dispose)),
    TE.chain(({ anchor, mixed }) =>
      divided(
        {
          draft: group.draft,
          anchor,
          rows: group.rows.map((row, i) => {
            const own = mixed[i]
            return own === undefined ? row : afterMixed(row, own, mixer.ends)
          }),
        },
        mixer.crossed,
      ),
    ),
  )
