import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { PartialDistribution, Tokenizer } from '@safe/tensor-core/contracts'
import { type Reply, openEndpoint } from '@safe/tensor-core/endpoint'
import * as E from 'fp-ts/Either'
import { listedIn } from '../src/remote/listed'
import { isEndText, isSpecialText } from '../src/remote/specialTexts'
import { type TokenBook, foundBook, knownBook } from '../src/remote/tokenBook'
import { right } from './fixtures/right'
import { byteTokenizer, wordTokenizer } from './fixtures/toy'

interface Recorded {
  readonly path: string
  readonly status: number
  readonly answer: unknown
}
/** Answers of servers; each tells how it was come by. */
const servers = JSON.parse(readFileSync(join(__dirname, 'golden', 'servers.json'), 'utf8')) as Record<
  'llamaCpp' | 'vllm' | 'llamaCppPython',
  { readonly source: string; readonly answers: ReadonlyArray<Recorded> }
>

/** What the client makes of the answer. */
const replyOf = async ({ path, status, answer }: Recorded): Promise<Reply> => {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1#m`
  const endpoint = await right(openEndpoint({ address, cache: false }))
  const reply = await right(
    path.includes('chat')
      ? endpoint.chat({ messages: [{ role: 'user', content: 'x' }], maxTokens: 1, topLogProbs: 3 })
      : endpoint.complete({ prompt: 'x', maxTokens: 1, topLogProbs: 3 }),
  )
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  return reply
}

const texts = (book: TokenBook, { top }: PartialDistribution): ReadonlyArray<string> =>
  top.map(({ id }) => (id === book.end ? 'END' : book.tokenizer.decode([id])))

const listed = async (
  server: keyof typeof servers,
  n: number,
  book: TokenBook = foundBook('test'),
  wholeCharacters = false,
) => {
  const recorded = servers[server].answers[n]
  if (recorded === undefined) throw new Error('no such answer')
  const found = listedIn({ book, where: 'here', wholeCharacters })(await replyOf(recorded))
  if (E.isLeft(found)) throw new Error(found.left.message)
  return { ...found.right, texts: texts(book, found.right.next) }
}

describe('what llama.cpp lists', () => {
  it('is texts by their bytes', async () => {
    const { next, count, texts: said } = await listed('llamaCpp', 0)
    expect([count, said]).toEqual([4, [' Paris', ' the', ' London', ' New']])
    expect(next.restMass).toBeCloseTo(
      1 - Math.exp(-0.2589) - Math.exp(-2.7646) - Math.exp(-4.2949) - Math.exp(-4.5934),
      3,
    )
  })

  it('is the end where it has neither text nor bytes, and a part of a character where it has bytes', async () => {
    expect((await listed('llamaCpp', 1)).texts).toEqual(['END', '\n', ' I'])
    const book = foundBook('test')
    const { next } = await listed('llamaCpp', 2, book)
    expect(next.top.map(({ id }) => [...(book.tokenizer.bytes(id) ?? [])])).toContainEqual([226])
    expect((await listed('llamaCpp', 2, foundBook('test'), true)).next.top).toHaveLength(next.top.length - 1)
  })

  it('is the same of a continued conversation', async () => {
    expect((await listed('llamaCpp', 3)).texts).toEqual([' I', ' i', ' a'])
  })
})

describe('what vLLM lists', () => {
  it('is texts; the unreadable is left out', async () => {
    const { next, texts: said } = await listed('vllm', 0)
    expect(said).toEqual([' Paris', ' the', 'END'])
    expect(next.restMass).toBeCloseTo(1 - Math.exp(-0.25) - Math.exp(-2.75) - Math.exp(-4.25), 6)
  })

  it('is ids where they are asked for', async () => {
    const spelled = new Map([
      [4, ' the'],
      [83, ' I'],
      [6786, ' Paris'],
    ])
    const strings = Array.from({ length: 7000 }, (_, i) => spelled.get(i) ?? `x${i}`)
    const book = knownBook(byteTokenizer(strings))
    const { next, texts: said } = await listed('vllm', 1, book)
    expect(next.top.map(({ id }) => id)).toEqual([7042, 260])
    expect(said).toEqual([' Paris', ' the'])
    expect((await listed('vllm', 3, book)).next.top.map(({ id }) => id)).toEqual([339, 2056])
  })

  it('is the end, however it is spelled, where the reply ended', async () => {
    expect((await listed('vllm', 2)).texts).toEqual(['END', '\n'])
  })
})

describe('what llama-cpp-python lists', () => {
  it('is texts; one without text may be anything', async () => {
    expect((await listed('llamaCppPython', 0)).texts).toEqual([' Paris', ' the'])
    expect((await listed('llamaCppPython', 2)).texts).toEqual([' I', ' a'])
  })

  it('is nothing where the reply ended: the end is taken to be certain', async () => {
    const { next, texts: said } = await listed('llamaCppPython', 1)
    expect([said, next.restMass]).toEqual([['END'], 0])
  })
})

describe('a token book', () => {
  const words = wordTokenizer(['cat', '<|im_end|>', 'dog'])
  const special: Tokenizer = { ...words, specialIds: new Set([0, 1, 2, 4]) }

  it('has one end, whatever ends a text', () => {
    const book = knownBook(special)
    const token = (text: string) => book.idOf({ token: text, logProb: 0 })
    expect([
      book.end,
      token('</s>'),
      token('<|im_end|>'),
      book.idOf({ token: '', logProb: 0, bytes: [] }),
    ]).toEqual([2, 2, 2, 2])
    expect([token(' cat'), token('cat'), token('<unk>')]).toEqual([3, undefined, 0])
  })

  it('writes prompts down as one id each, and reads them again', () => {
    for (const book of [knownBook(special), foundBook('x')]) {
      const bytes = new TextEncoder().encode('Q: é\n')
      const id = book.note({ kind: 'text', bytes })
      expect(book.note({ kind: 'text', bytes })).toBe(id)
      expect(book.tokenizer.decode([id])).toBe('Q: é\n')
      const conversation = { kind: 'conversation', messages: [{ role: 'user', content: 'hi' }] } as const
      expect(book.noted(book.note(conversation))).toEqual(conversation)
    }
  })

  it('knows parts of characters by their spelling', () => {
    const [whole, none] = [knownBook(byteTokenizer([])), foundBook('x')]
    expect(whole.idOf({ token: 'bytes:\\xe2', logProb: 0 })).toBe(0xe2)
    const id = none.idOf({ token: 'bytes:\\xe2\\x82', logProb: 0 }) ?? -1
    expect([...(none.tokenizer.bytes(id) ?? [])]).toEqual([0xe2, 0x82])
  })

  it('joins parts of characters', () => {
    const book = foundBook('x')
    const ids = [195, 169].map((byte) => book.idOf({ token: '', logProb: 0, bytes: [byte] }) ?? -1)
    expect(book.tokenizer.decode(ids)).toBe('é')
  })

  it('knows special tokens by their spelling', () => {
    expect(['</s>', '<|im_end|>', '<end_of_turn>'].map(isEndText)).toEqual([true, true, true])
    expect(['<|im_start|>', '<unk>', '[PAD]', '</s>'].map(isSpecialText)).toEqual([true, true, true, true])
    expect(['<', '|', '<b>', '[x]', ' the', '<|'].map(isSpecialText)).toEqual(Array(6).fill(false))
  })
})
