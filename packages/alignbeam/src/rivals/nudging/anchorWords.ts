/** The anchor's next words, decoded greedily for all rows at once until each row's word has ended. */
import type { LmError, Tokenizer } from '@safe/tensor-core/contracts'
import { type SamplingOptions, chooseToken } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import type * as TE from 'fp-ts/TaskEither'
import type { ReadingSession } from '../../mixing/reading'
import { firstWord, wordText } from './word'

// model ------------------------------------------------------------------------------------------

/** How a model writes greedily. */
export interface Writer {
  readonly tokenizer: Tokenizer
  readonly stopTokens: ReadonlySet<number>
  /** Over the row, as the caller's generation options have it. */
  readonly repetitionPenalty: number
}

/** A word of the anchor. */
export interface AnchorWord {
  readonly text: string
  /** Whether a stop token ended it: the completion is over. */
  readonly ends: boolean
  /** Forward passes that it took. */
  readonly passes: number
}

/** A word that has not ended after this many tokens is taken as it is: the authors' code asks for 16 at a time. */
const MOST_TOKENS = 16

interface Writing {
  readonly bytes: Uint8Array
  readonly tokens: ReadonlyArray<number>
  readonly state: 'live' | 'word' | 'stop'
}

// steps ------------------------------------------------------------------------------------------

/** The most probable token after the repetition penalty. */
export const greedyToken = (
  logProbs: Float32Array,
  history: ReadonlyArray<number>,
  repetitionPenalty: number,
): number => {
  const greedily: SamplingOptions = { temperature: 0, topK: 0, topP: 1, repetitionPenalty }
  return chooseToken(logProbs, history, greedily, stream(0))
}

const withToken = ({ bytes, tokens }: Writing, token: number, writer: Writer): Writing => {
  if (writer.stopTokens.has(token)) return { bytes, tokens, state: 'stop' }
  const written = Uint8Array.from([...bytes, ...(writer.tokenizer.bytes(token) ?? [])])
  const word = firstWord(written)
  const next = [...tokens, token]
  return {
    bytes: word ?? written,
    tokens: next,
    state: word !== undefined || next.length >= MOST_TOKENS ? 'word' : 'live',
  }
}

// running ----------------------------------------------------------------------------------------

/** The next word of every row, from where the rows stand; the session given stays the caller's. */
export const nextWords =
  (writer: Writer) =>
  (session: ReadingSession): TE.TaskEither<LmError, ReadonlyArray<AnchorWord>> =>
  async () => {
    let words = session.tokens.map((): Writing => ({ bytes: new Uint8Array(0), tokens: [], state: 'live' }))
    let passes = words.map(() => 0)
    let here = session
    const leave = (): void => {
      if (here !== session) here.dispose()
    }
    try {
      while (words.some(({ state }) => state === 'live')) {
        const rows = await here.logProbs()
        if (E.isLeft(rows)) return rows
        words = words.map((word, i) => {
          const row = rows.right[i]
          return word.state !== 'live' || row === undefined
            ? word
            : withToken(word, greedyToken(row, here.tokens[i] ?? [], writer.repetitionPenalty), writer)
        })
        const going = words.map(({ state }) => state === 'live')
        if (!going.includes(true)) break
        const next = await here.edit(
          words.map(({ tokens }, i) => ({
            keep: here.tokens[i]?.length ?? 0,
            tokens: going[i] === true ? tokens.slice(-1) : [],
          })),
        )()
        if (E.isLeft(next)) return next
        passes = RA.zipWith(passes, going, (n, goes) => n + (goes ? 1 : 0)).slice()
        leave()
        here = next.right
      }
      return E.right(
        words.map(({ bytes, state }, i) => ({
          text: wordText(bytes),
          ends: state === 'stop',
          passes: passes[i] ?? 0,
        })),
      )
    } finally {
      leave()
    }
  }
