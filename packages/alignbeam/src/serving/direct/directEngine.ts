/**
 * An engine that answers each ask by itself: where a model is behind a URL, its server does the batching. Answers are sent whole.
 */
import { type Fault, badInput, interrupted } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Answer } from '../../mixing/answer'
import { type Ask, type Engine, type Reply, type ServedModels, noGauges } from '../contract'

// model ------------------------------------------------------------------------------------------

/** An answer, and the length of the prompt that it answers. */
export interface DirectAnswer {
  readonly answer: Answer
  readonly promptTokens: number
}

/** What such an engine is made of. */
export interface DirectSettings {
  readonly answer: (ask: Ask) => TE.TaskEither<Fault, DirectAnswer>
  readonly models: ServedModels
  /** Frees the models. */
  readonly onDispose: () => void
}

// replies ----------------------------------------------------------------------------------------

const repliesOf = ({ answer, promptTokens }: DirectAnswer): ReadonlyArray<Reply> => [
  { kind: 'text', text: answer.completion.text, tokens: [] },
  {
    kind: 'done',
    finishReason: answer.completion.finishReason,
    usage: { promptTokens, cachedTokens: 0, completionTokens: answer.completion.tokens.length },
    account: {
      chosen: answer.chosen,
      beams: answer.beams.map(({ completion, verdict }) => ({ completion: completion.text, verdict })),
      telemetry: answer.telemetry,
    },
  },
]

/** Log-probabilities of single tokens are not at hand: the draft's server completes the beams. */
const checked = (ask: Ask): E.Either<Fault, Ask> =>
  ask.generation.logProbs === undefined
    ? E.right(ask)
    : E.left(
        badInput('BadOption', 'log-probabilities are not given where a model is behind a URL', {
          field: 'logprobs',
          remedy: 'leave them out',
        }),
      )

// constructors -----------------------------------------------------------------------------------

/** @see Engine */
export const directEngine = ({ answer, models, onDispose }: DirectSettings): Engine => {
  const open = new Map<string, (reply: Reply) => void>()
  const counts = { promptTokens: 0, decodedTokens: 0, closed: false }

  const run = async (ask: Ask): Promise<void> => {
    const done = await pipe(TE.fromEither(checked(ask)), TE.chain(answer))()
    const onReply = open.get(ask.id)
    open.delete(ask.id)
    if (onReply === undefined) return
    if (E.isLeft(done)) {
      onReply({ kind: 'failed', fault: done.left })
      return
    }
    counts.promptTokens += done.right.promptTokens
    counts.decodedTokens += done.right.answer.completion.tokens.length
    repliesOf(done.right).forEach(onReply)
  }

  const stopped = (): Reply => ({
    kind: 'failed',
    fault: interrupted('Interrupted', 'the models have been closed'),
  })

  return {
    models,
    ask: (ask, onReply) => {
      if (counts.closed) {
        onReply(stopped())
        return () => undefined
      }
      open.set(ask.id, onReply)
      void run(ask)
      return () => void open.delete(ask.id)
    },
    gauges: () => ({
      ...noGauges,
      running: open.size,
      promptTokens: counts.promptTokens,
      decodedTokens: counts.decodedTokens,
    }),
    dispose: () => {
      if (counts.closed) return
      counts.closed = true
      const asks = [...open.values()]
      open.clear()
      asks.forEach((onReply) => onReply(stopped()))
      onDispose()
    },
  }
}
