/** How an ask enters the batch: its prompt is encoded and read by the models, and its beams take their first token. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Batches, type LmError, type Prompt, badInput, promptText } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { disposing } from '../../mixing/bridging'
import { mostProbable } from '../../mixing/mix'
import { askedPrompt } from '../askedPrompt'
import type { Ask } from '../contract'
import { type BridgeMixer, type BridgeStepped, divided } from './bridgeGroup'
import { type Group, running } from './group'
import type { PrefixCache } from './prefixCache'
import { type Row, type RowSettings, afterMixed, emptyRow } from './row'

// model ------------------------------------------------------------------------------------------

/** A model that is served, with its vocabulary and the prompts it has read. */
export interface ServedModel {
  readonly model: Batches
  readonly tokenizer: NonNullable<Batches['tokenizer']>
  readonly prompts: PrefixCache
}

/** The models of a batch, and how they decide together. */
export interface ServedPair {
  readonly draft: ServedModel
  readonly anchor: ServedModel
  readonly mixer: BridgeMixer
  /** The prompt as the anchor is given it. */
  readonly anchorPrompt: (prompt: Prompt) => TE.TaskEither<LmError, Prompt>
  /** Most tokens of prompt and completion together; null where the models do not say. */
  readonly contextLength: number | null
}

/** An ask whose prompt has been encoded for each model that reads it. */
export interface Encoded {
  readonly ask: Ask
  readonly words: string
  readonly draft: ReadonlyArray<number>
  readonly anchor: ReadonlyArray<number>
}

// encoding ---------------------------------------------------------------------------------------

const wordsOf = ({ prompt, voice }: Ask, pair: ServedPair): string => {
  const { tokenizer } = voice === 'anchor' ? pair.anchor : pair.draft
  return prompt.kind === 'raw'
    ? prompt.text
    : prompt.kind === 'tokens'
      ? tokenizer.decode(prompt.tokens, { skipSpecial: true })
      : promptText(prompt)
}

/** The anchor's prompt where it answers alone: text and tokens as they stand are of its own tokenizer. */
const anchorAlone = (pair: ServedPair, { prompt }: Ask): TE.TaskEither<LmError, Prompt> =>
  prompt.kind === 'raw' || prompt.kind === 'tokens'
    ? TE.right(askedPrompt(prompt, pair.anchor.tokenizer))
    : pair.anchorPrompt(prompt)

const fits =
  ({ contextLength }: ServedPair, { generation }: Ask) =>
  (tokens: ReadonlyArray<number>): E.Either<LmError, ReadonlyArray<number>> =>
    contextLength !== null && tokens.length + generation.maxNewTokens > contextLength
      ? E.left(
          badInput(
            'BadRow',
            `the context length of the models is ${contextLength} tokens, the prompt has ${tokens.length} and the completion may have ${generation.maxNewTokens}`,
            { field: 'maxNewTokens', remedy: 'shorten the prompt, or ask for fewer tokens' },
          ),
        )
      : E.right(tokens)

/** The tokens that each model reads. */
export const encodeAsk = (pair: ServedPair, ask: Ask): TE.TaskEither<LmError, Encoded> => {
  const { draft, anchor } = pair
  const none: TE.TaskEither<LmError, ReadonlyArray<number>> = TE.right([])
  const encoded = (model: Batches, prompt: TE.TaskEither<LmError, Prompt>) =>
    pipe(prompt, TE.chain(model.encodePrompt), TE.chainEitherK(fits(pair, ask)))
  return pipe(
    TE.Do,
    TE.bind('draft', () =>
      ask.voice === 'anchor'
        ? none
        : encoded(draft.model, TE.right(askedPrompt(ask.prompt, draft.tokenizer))),
    ),
    TE.bind('anchor', () =>
      ask.voice === 'draft'
        ? none
        : encoded(
            anchor.model,
            ask.voice === 'anchor'
              ? anchorAlone(pair, ask)
              : pair.anchorPrompt(askedPrompt(ask.prompt, draft.tokenizer)),
          ),
    ),
    TE.map((tokens) => ({ ask, words: wordsOf(ask, pair), ...tokens })),
  )
}

// entering ---------------------------------------------------------------------------------------

const rowSettings = ({ ask }: Encoded, { model, tokenizer }: ServedModel): RowSettings => ({
  id: ask.id,
  voice: ask.voice,
  dial: ask.dial,
  generation: ask.generation,
  tokenizer,
  stopTokens: model.stopTokens,
})

/** The random stream of a beam: as in `alignbeam generate`, of the ask's own stream and the beam's place. */
const drawsOf = ({ ask }: Encoded, beams: number, rank: number): (() => number) =>
  stream(ask.generation.seed, 'sample', ask.stream * beams + rank).uniform

/** Rows that have entered, and how many tokens of each prompt were known. */
export interface Entered<A> {
  readonly cached: ReadonlyArray<number>
  readonly entered: A
}

/** Asks that one model answers alone. */
export const enterAlone = (
  served: ServedModel,
  asks: ReadonlyArray<Encoded>,
  tokensOf: (ask: Encoded) => ReadonlyArray<number>,
  pause: TE.TaskEither<LmError, void>,
): TE.TaskEither<LmError, Entered<Group>> =>
  pipe(
    served.prompts.open(asks.map(tokensOf), pause),
    TE.map(({ session, cached }) => ({
      cached,
      entered: {
        session,
        rows: asks.map((ask) => emptyRow(rowSettings(ask, served), 0, drawsOf(ask, 1, 0))),
      },
    })),
  )

/** Asks that both models answer: their beams stand on the bridge, or over it where it is one token long. */
export const enterBridge = (
  { draft, anchor, mixer }: ServedPair,
  asks: ReadonlyArray<Encoded>,
  pause: TE.TaskEither<LmError, void>,
): TE.TaskEither<LmError, Entered<BridgeStepped>> =>
  pipe(
    draft.prompts.open(
      asks.map((ask) => ask.draft),
      pause,
    ),
    TE.chain((ours) =>
      disposing(
        ours.session,
        pipe(
          anchor.prompts.open(
            asks.map((ask) => ask.anchor),
            pause,
          ),
          TE.chain((theirs) =>
            disposing(
              theirs.session,
              pipe(
                TE.Do,
                TE.bind('own', () => ours.session.logProbs),
                TE.bind('other', () => theirs.session.logProbs),
                TE.chain(({ own, other }) => {
                  const roots = asks.flatMap((ask, at): ReadonlyArray<{ at: number; row: Row }> => {
                    const [p, q] = [own[at], other[at]]
                    if (p === undefined || q === undefined) return []
                    const { alpha, beams } = ask.ask.dial
                    const mixed = mixer.mix(alpha)(q, p)
                    return mostProbable(mixed, beams).map((token, rank) => ({
                      at,
                      row: afterMixed(
                        emptyRow(rowSettings(ask, draft), rank, drawsOf(ask, beams, rank)),
                        mixed,
                        mixer.ends,
                        token,
                      ),
                    }))
                  })
                  const live = roots.filter(({ row }) => running(row))
                  const places = live.map(({ at }) => at)
                  return pipe(
                    live.length === 0
                      ? TE.right<LmError, BridgeStepped>({ rows: [], group: undefined, over: undefined })
                      : pipe(
                          ours.session.select(places),
                          TE.chain((session) =>
                            pipe(
                              theirs.session.select(places),
                              TE.tapError(() => TE.fromIO(session.dispose)),
                              TE.chain((reading) =>
                                divided(
                                  { draft: session, anchor: reading, rows: live.map(({ row }) => row) },
                                  mixer.crossed,
                                ),
                              ),
                            ),
                          ),
                        ),
                    TE.map((stepped) => ({
                      cached: ours.cached,
                      entered: {
                        ...stepped,
                        rows: [
                          ...roots.filter(({ row }) => !running(row)).map(({ row }) => row),
                          ...stepped.rows,
                        ],
                      },
                    })),
                  )
                }),
              ),
            ),
          ),
        ),
      ),
    ),
  )
