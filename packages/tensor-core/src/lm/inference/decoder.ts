/** The parts of the in-process decoder, how exceptions of its work become faults, and the check of its tokens. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type LmError, type Tokenizer, badInput, causeLine, failure, interrupted } from '../../contracts'
import type { Encoder } from '../../text'
import type { Adaptation } from '../decoder/linear'
import type { DecoderWeights } from '../decoder/weights'
import { turn } from '../turn'

// model ------------------------------------------------------------------------------------------

/** A decoder in this process: weights on the device, and how text becomes tokens and back. */
export interface Decoder {
  readonly id: string
  readonly weights: DecoderWeights
  /** An adapter beside the weights; none where it was merged into them. */
  readonly adaptation: Adaptation
  readonly tokenizer: Tokenizer | undefined
  readonly encoder: Pick<Encoder, 'prompt' | 'example'>
  readonly stopTokens: ReadonlySet<number>
  /** Rows decoded or scored at once. */
  readonly batchSize: number
  readonly signal?: AbortSignal
}

/** Weights as they stand, with no adapter beside them. */
export const NO_ADAPTATION: Adaptation = { factors: new Map() }

// attempts ---------------------------------------------------------------------------------------

/** Left once the signal is aborted: results that were cut short are not returned as if they were whole. */
export const halted =
  (signal: AbortSignal | undefined): TE.TaskEither<LmError, void> =>
  () =>
    Promise.resolve(
      signal?.aborted === true
        ? E.left(interrupted('Interrupted', 'stopped on request'))
        : E.right(undefined),
    )

/** Lets the event loop run, then works; an exception becomes a fault. */
export const attempt = <A>(work: () => Promise<A> | A): TE.TaskEither<LmError, A> =>
  TE.tryCatch(
    () => turn().then(work),
    (cause) => failure('ModelFailed', causeLine(cause)),
  )

/** Token ids must be rows of the embedding, and a row must hold at least one. */
export const checkTokens = (
  vocab: number,
  tokens: ReadonlyArray<number>,
): E.Either<LmError, ReadonlyArray<number>> => {
  const bad = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab)
  return bad !== undefined
    ? E.left(
        badInput('BadRow', `holds the token ${bad}, the model's vocabulary has ${vocab}`, {
          remedy: 'check the tokenizer against the model',
        }),
      )
    : tokens.length === 0
      ? E.left(
          badInput('BadRow', 'holds a prompt without tokens', {
            remedy: 'give each prompt at least one token',
          }),
        )
      : E.right(tokens)
}
