import {
  type Diagnostics,
  type Prompt,
  failure,
  greedy,
  requestsOf,
  textPrompt,
} from '@safe/tensor-core/contracts'
import fc from 'fast-check'
import * as TE from 'fp-ts/TaskEither'
import { wholeCharacters } from '../src/mixing/anchorReading'
import { nudging } from '../src/rivals/nudging/nudging'
import { type NudgedRow, newRow, turnOf } from '../src/rivals/nudging/row'
import { firstWord, wordText } from '../src/rivals/nudging/word'
import { left, right } from './fixtures/right'
import {
  type NextLogits,
  byteTokenizer,
  pieceTokenizer,
  randomLogits,
  toyModel,
  wordTokenizer,
} from './fixtures/toy'

const utf8 = new TextEncoder()
const names = ['the', 'cat', 'is', 'sat', 'on', 'mat', 'no']
const words = wordTokenizer(names)
const pieces = pieceTokenizer(['▁', ...'t h e c a i s o n m'.split(' '), '▁the', '▁cat', '▁no', 'at'])
const prompts = ['the cat', 'the mat is on the cat', 'no'].map(textPrompt)
const requests = requestsOf(prompts)
/** Logits that never name a token without text, but for the end. */
const spoken =
  (next: NextLogits): NextLogits =>
  (tokens) =>
    next(tokens).map((x, id) => (id < 2 ? -30 : x))
const draftOf = (seed: number) => toyModel('draft', words, spoken(randomLogits(seed, words.size)))
/** Sure of `certain` after some words, of nothing after others. */
const scripted = (certain: Readonly<Record<string, string>>) =>
  toyModel('draft', words, (tokens) => {
    const next = certain[words.decode(tokens.slice(-1))]
    return Array.from({ length: words.size }, (_, id) =>
      next !== undefined && words.id(next) === id ? 12 : 0,
    )
  })
/** An anchor that says "the cat", in pieces, after whatever it reads. */
const saying = (ends = false) =>
  toyModel('anchor', pieces, (tokens) => {
    const text = pieces.decode(tokens)
    const next = text.endsWith('the')
      ? pieces.id('▁cat')
      : text.endsWith('cat') && ends
        ? 1
        : pieces.id('▁the')
    return Array.from({ length: pieces.size }, (_, id) => (id === next ? 12 : 0))
  })

describe('a word', () => {
  it.each([
    ['cat sat', 'cat'],
    [' cat sat', ' cat'],
    ['  cat ', '  cat'],
    ['\n\ncat sat', '\n\ncat'],
    ['of the cat', 'of'],
    [' cat', undefined],
    ['  ', undefined],
    ['', undefined],
  ])('%j begins with %j', (text, word) => {
    const found = firstWord(utf8.encode(text))
    expect(found && wordText(found)).toEqual(word)
  })

  it('that was cut inside a character loses that character', () => {
    expect(wordText(utf8.encode(' né').subarray(0, 3))).toBe(' n')
  })

  it('takes the place of an unfinished character of the draft', () => {
    const bytes = byteTokenizer([Uint8Array.of(0x61, 0xc3)])
    expect(wholeCharacters(bytes, [0x62, 256])).toEqual({ tokens: [0x62], text: 'a' })
    expect(wholeCharacters(bytes, [0x62, 0xe2, 0x82])).toEqual({ tokens: [0x62], text: '' })
    expect(wholeCharacters(bytes, [0x62])).toEqual({ tokens: [0x62], text: '' })
  })
})

describe('a row', () => {
  const limits = { budget: 20, stopTokens: new Set([2]), ends: () => false }
  const word = (row: NudgedRow, text: string, tokens: ReadonlyArray<number>, ends = false) =>
    turnOf(row, 9, { text, before: row.tokens, tokens, ends }, limits)
  const own = (row: NudgedRow, token: number) => turnOf(row, token, undefined, limits)

  it('ends without the run that comes for the fourth time in a row', () => {
    const turn = (row: NudgedRow) => own(word(row, ' no', [5]), 6)
    const third = turn(turn(turn(newRow(20))))
    expect(third).toMatchObject({ tokens: [5, 6, 5, 6, 5, 6], state: 'live', anchorTokens: 3 })
    expect(turn(third)).toMatchObject({
      tokens: [5, 6, 5, 6, 5, 6],
      state: 'stop',
      anchorTokens: 3,
      words: 4,
    })
    const other = own(word(third, ' cat', [7]), 6)
    expect(turn(turn(turn(other)))).toMatchObject({ state: 'live' })
  })

  it('may repeat a word within a run', () => {
    const five = [1, 2, 3, 4, 5].reduce((row) => word(row, ' no', [5]), newRow(20))
    expect(own(five, 6)).toMatchObject({ state: 'live', tokens: [5, 5, 5, 5, 5, 6] })
  })

  it("takes the draft's token where the anchor has no word, and ends where the anchor does", () => {
    expect(word(newRow(20), '', [])).toMatchObject({ tokens: [9], fallbacks: 1, state: 'live', words: 0 })
    expect(word(newRow(20), ' no', [5], true)).toMatchObject({ tokens: [5], state: 'stop' })
    expect(word(newRow(20), '', [], true)).toMatchObject({ tokens: [], state: 'stop', fallbacks: 0 })
    expect(own(newRow(20), 2)).toMatchObject({ tokens: [], state: 'stop' })
  })

  it('is cut at its limit, a word too', () => {
    const short = { ...limits, budget: 2 }
    const cut = turnOf(newRow(2), 9, { text: ' no', before: [], tokens: [5, 6, 7], ends: true }, short)
    expect(cut).toMatchObject({ tokens: [5, 6], state: 'length', anchorTokens: 2 })
    expect(
      turnOf(newRow(2), 9, { text: ' no', before: [], tokens: [5, 6], ends: true }, short),
    ).toMatchObject({ state: 'stop' })
    expect(newRow(0).state).toBe('length')
  })
})

describe('nudging', () => {
  it('at threshold 0 is the draft itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (seed) => {
        const [draft, anchor] = [draftOf(seed), toyModel('anchor', pieces, randomLogits(seed, pieces.size))]
        const model = await right(nudging({ threshold: 0, batchSize: 2 }, { anchor }).apply(draft))
        expect(await right(model.generate(requests, greedy(8)))).toEqual(
          await right(draft.generate(requests, greedy(8))),
        )
        expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
      }),
      { numRuns: 20 },
    )
  })

  it('at a threshold above 1 is the anchor', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (seed) => {
        // Of one vocabulary: reading its own words anew, the anchor finds them as it wrote them.
        const anchor = toyModel('anchor', words, spoken(randomLogits(seed, words.size)))
        const model = await right(
          nudging({ threshold: 1.01, batchSize: 2 }, { anchor }).apply(draftOf(seed + 1)),
        )
        const said = await right(model.generate(requests, greedy(8)))
        const alone = await right(anchor.generate(requests, greedy(8)))
        // Looking for the end of its last word, the anchor may see that it ends at the limit.
        expect(said.map((c) => c.tokens)).toEqual(alone.map((c) => c.tokens))
        expect(said.map((c) => c.text)).toEqual(alone.map((c) => c.text))
      }),
      { numRuns: 20 },
    )
  })

  it('has the anchor write a word where the draft is unsure, across vocabularies', async () => {
    // After "cat" the draft is sure of "sat", after "sat" of "on"; the anchor says "the cat" in pieces.
    const draft = scripted({ cat: 'sat', sat: 'on' })
    const anchor = saying()
    const told: Diagnostics[] = []
    const model = await right(nudging({}, { anchor, record: (d) => told.push(d) }).apply(draft))
    const [out] = await right(model.generate([{ prompt: textPrompt('no') }], greedy(6)))
    expect(out).toEqual({
      tokens: words.encode('the cat sat on the cat'),
      text: 'the cat sat on the cat',
      finishReason: 'length',
    })
    expect(told).toMatchObject([{ prompts: 1, anchorShare: 4 / 6, anchorWords: 4, fallbacks: 0 }])
    expect(Number(told[0]!['extraForwardPasses'])).toBe(anchor.work.tokens - pieces.encode('no').length)
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('ends where the anchor ends, with a stop string, and at the limit of a row', async () => {
    const ended = await right(nudging({}, { anchor: saying(true) }).apply(scripted({})))
    expect(await right(ended.generate([{ prompt: textPrompt('no') }], greedy(9)))).toEqual([
      { tokens: words.encode('the cat'), text: 'the cat', finishReason: 'stop' },
    ])
    const model = await right(nudging({}, { anchor: saying() }).apply(scripted({ cat: 'sat', sat: 'on' })))
    const [stopped] = await right(
      model.generate([{ prompt: textPrompt('no') }], { ...greedy(9), stop: ['sat'] }),
    )
    expect(stopped).toMatchObject({
      tokens: words.encode('the cat sat'),
      text: 'the cat ',
      finishReason: 'stop',
    })
    const limited = await right(
      model.generate(
        [3, 0, 1].map((maxNewTokens) => ({ prompt: textPrompt('no'), maxNewTokens })),
        greedy(9),
      ),
    )
    expect(limited.map((c) => c.text)).toEqual(['the cat sat', '', 'the'])
  })

  it('writes each row as it would be written alone, and sessions as from their place', async () => {
    const [draft, anchor] = [draftOf(3), toyModel('anchor', words, spoken(randomLogits(8, words.size)))]
    const model = await right(nudging({ threshold: 0.35 }, { anchor }).apply(draft))
    const all = await right(model.generate(requests, greedy(8)))
    for (const [i, prompt] of prompts.entries())
      expect(await right(model.generate([{ prompt }], greedy(8)))).toEqual([all[i]])
    const session = await right(model.open(prompts))
    const two = await right(session.select([2, 0]))
    const further = await right(
      two.edit(
        two.tokens.map((row, i) => ({ keep: row.length, tokens: all[[2, 0][i]!]!.tokens.slice(0, 1) })),
      ),
    )
    const rest = await right(further.complete(greedy(7)))
    expect(rest.map((c) => c.tokens)).toEqual([2, 0].map((i) => all[i]!.tokens.slice(1)))
    ;[session, two, further].forEach((s) => s.dispose())
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('gives the anchor its system prompt', async () => {
    const seen: Prompt[] = []
    const anchor = draftOf(1)
    const watched = { ...anchor, open: (all: ReadonlyArray<Prompt>) => (seen.push(...all), anchor.open(all)) }
    const model = await right(nudging({ system: 'is no' }, { anchor: watched }).apply(draftOf(2)))
    await right(model.generate([{ prompt: textPrompt('the cat') }], greedy(2)))
    expect(seen).toEqual([{ kind: 'tokens', tokens: words.encode('is no the cat') }])
  })

  it('needs two tokenizers, and frees what was opened where a model fails', async () => {
    const mute = { ...draftOf(1), id: 'mute', tokenizer: undefined }
    expect(await left(nudging({}, { anchor: mute }).apply(draftOf(1)))).toMatchObject({
      _tag: 'TokenizerMissing',
      where: 'mute',
    })
    expect(await left(nudging({}, { anchor: draftOf(1) }).apply(mute))).toMatchObject({
      _tag: 'TokenizerMissing',
      where: 'mute',
    })
    expect(await left(nudging({ threshold: -1 }, { anchor: draftOf(1) }).apply(draftOf(1)))).toMatchObject({
      field: 'threshold',
    })
    const [draft, anchor] = [draftOf(1), draftOf(2)]
    const broken = {
      ...anchor,
      open: (all: ReadonlyArray<Prompt>) =>
        TE.Functor.map(anchor.open(all), (s) => ({
          ...s,
          edit: () => TE.left(failure('ModelFailed', 'is away')),
        })),
    }
    const model = await right(nudging({ threshold: 2 }, { anchor: broken }).apply(draft))
    expect(await left(model.generate(requests, greedy(4)))).toMatchObject({ _tag: 'ModelFailed' })
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })
})
