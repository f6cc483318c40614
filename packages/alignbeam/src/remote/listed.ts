/** A server's reply of one token as a next-token distribution: the tokens it lists, and the mass that it leaves out. */
import {
  type EndpointError,
  type PartialDistribution,
  type TokenLogProb,
  badInput,
  partialDistribution,
} from '@safe/tensor-core/contracts'
import type { Reply, TokenText } from '@safe/tensor-core/endpoint'
import * as E from 'fp-ts/Either'
import { wholeText } from '../mixing/bridge'
import type { TokenBook } from './tokenBook'

// model ------------------------------------------------------------------------------------------

/** How replies are read. */
export interface ListedUse {
  readonly book: TokenBook
  /** The server's address, for messages. */
  readonly where: string
  /** Keeps only tokens that are whole characters: others cannot be continued as text. */
  readonly wholeCharacters: boolean
}

/** A distribution with how many tokens the server has listed. */
export interface Listed {
  readonly next: PartialDistribution
  readonly count: number
  /** Probability of what the server does not list; what is listed but cannot be used is in `next.restMass` alone. */
  readonly unlisted: number
}

// parts ------------------------------------------------------------------------------------------

const sameBytes = (a: Uint8Array, b: ReadonlyArray<number> | Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

/** Whether an id means here what it means to the server; undefined where the server does not say what it means. */
const isOurs = (
  { tokenizer }: TokenBook,
  { id, bytes }: TokenText,
  text: string | undefined,
): boolean | undefined => {
  const own = id === undefined ? undefined : tokenizer.bytes(id)
  if (own === undefined) return undefined
  if (bytes !== undefined) return bytes.length === 0 ? undefined : sameBytes(own, bytes)
  const [ours, theirs] = [wholeText(own)?.trim(), text?.trim()]
  return ours === undefined || ours === '' || theirs === undefined || theirs === ''
    ? undefined
    : ours === theirs
}

/** Whether most ids mean something else to the server: a tokenizer of another model was given. */
const isForeign = (book: TokenBook, listed: ReadonlyArray<TokenText>, reply: Reply): boolean => {
  if (!book.known) return false
  const chosen = reply.logProbs?.[0]?.id
  const compared = listed.flatMap((one) => {
    const ours = isOurs(book, one, one.id === chosen ? reply.text : undefined)
    return ours === undefined ? [] : [ours]
  })
  return 2 * compared.filter((ours) => !ours).length > compared.length
}

/** Tokens of equal meaning are one, with the sum of their probabilities. */
const summed = (tokens: ReadonlyArray<TokenLogProb>): ReadonlyArray<TokenLogProb> => {
  const sums = new Map<number, number>()
  for (const { id, logProb } of tokens) {
    const before = sums.get(id)
    sums.set(id, before === undefined ? logProb : Math.log(Math.exp(before) + Math.exp(logProb)))
  }
  return [...sums].map(([id, logProb]) => ({ id, logProb }))
}

// destructors ------------------------------------------------------------------------------------

const noLogProbs = (where: string): E.Either<EndpointError, never> =>
  E.left(
    badInput('EndpointRefused', 'gives no log-probabilities, which mixing needs of every token', {
      where,
      remedy: 'use a server that does (vLLM, SGLang, llama.cpp), or a model folder',
    }),
  )

/**
 * The distribution that a reply of one token tells. The token that ended a reply is the end of the text, however it is spelled. A
 * server that ends before it lists anything (llama-cpp-python, OpenAI) is taken to be certain of the end.
 *
 * @returns left `EndpointRefused` without log-probabilities; `BadOption` where the tokenizer given is of another model
 */
export const listedIn =
  ({ book, where, wholeCharacters }: ListedUse) =>
  (reply: Reply): E.Either<EndpointError, Listed> => {
    const first = reply.logProbs?.[0]
    const stopped = reply.finishReason === 'stop'
    if (first === undefined)
      return reply.logProbs !== undefined && stopped
        ? E.right({ next: partialDistribution([{ id: book.end, logProb: 0 }]), count: 1, unlisted: 0 })
        : noLogProbs(where)
    const listed = first.top.some((one) => one.token === first.token && one.id === first.id)
      ? first.top
      : [first, ...first.top]
    if (isForeign(book, listed, reply))
      return E.left(
        badInput('BadOption', 'the tokenizer given is not the one of this model: their ids differ', {
          where,
          remedy: 'give the folder of the model that the server runs',
        }),
      )
    const isWhole = (id: number): boolean => {
      const bytes = book.tokenizer.bytes(id)
      return id === book.end || (bytes !== undefined && bytes.length > 0 && wholeText(bytes) !== undefined)
    }
    const tokens = listed.flatMap((one): ReadonlyArray<TokenLogProb> => {
      const id = stopped && one.token === first.token && one.id === first.id ? book.end : book.idOf(one)
      return id === undefined || (wholeCharacters && !isWhole(id)) ? [] : [{ id, logProb: one.logProb }]
    })
    return E.right({
      next: partialDistribution(summed(tokens)),
      count: listed.length,
      unlisted: Math.max(0, 1 - listed.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)),
    })
  }
