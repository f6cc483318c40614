import { type Judge, requestsOf, textPrompt } from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import { alignBeam } from '../src/alignBeam'
import { alignBeamOptions, prefixOptions } from '../src/options'
import { buildBridge } from '../src/mixing/bridge'
import { alreadyAligned, narrowBridge, unjudgedBeams, watchAligned } from '../src/warnings'
import { right } from './fixtures/right'
import { pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['i', 'refuse', 'the', 'cat'])
const pieces = pieceTokenizer(['▁', 't', 'h', 'e', '▁the', '▁cat', '▁i', '▁refuse'])

/** A model that says these words in turn, again and again. */
const saying = (name: string, tokenizer: typeof words, ...said: ReadonlyArray<string>) =>
  toyModel(name, tokenizer, (tokens) => {
    const next = said[(said.indexOf(tokenizer.token(tokens.at(-1) ?? -1) ?? '') + 1) % said.length] ?? ''
    return Array.from({ length: tokenizer.size }, (_, id) => (id === tokenizer.id(next) ? 20 : 0))
  })
const greedyOf = (maxNewTokens: number) => ({
  maxNewTokens,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 1,
})

describe('alreadyAligned', () => {
  it('speaks up where the draft refuses by itself', () => {
    expect(alreadyAligned(0, 0)).toBeUndefined()
    expect(alreadyAligned(10, 4)).toBeUndefined()
    expect(alreadyAligned(10, 5)).toContain('5 of 10')
  })
})

describe('watchAligned', () => {
  const answers = (refusals: number, own: number) =>
    Array.from({ length: refusals }, (_, i) => ({ refuses: true, draftRefuses: i < own }))

  it('warns once, when there are enough refusals to tell', () => {
    const lines: string[] = []
    const watch = watchAligned((line) => lines.push(line))
    watch.saw(answers(3, 3))
    expect(lines).toEqual([])
    watch.saw(answers(1, 0))
    expect(lines).toEqual([expect.stringContaining('3 of 4')])
    watch.saw(answers(9, 9))
    watch.end()
    expect(lines).toHaveLength(1)
  })

  it('judges a few refusals at the end only, and is silent of an unaligned draft', () => {
    const lines: string[] = []
    const few = watchAligned((line) => lines.push(line))
    few.saw(answers(1, 1))
    few.end()
    expect(lines).toEqual([expect.stringContaining('1 of 1')])
    const unaligned = watchAligned((line) => lines.push(line))
    unaligned.saw(answers(9, 4))
    unaligned.end()
    expect(lines).toHaveLength(1)
  })
})

describe('unjudgedBeams and narrowBridge', () => {
  it('speak of several beams without a judge only, and of a bridge that carries little', () => {
    expect(unjudgedBeams({ beams: 3 }, false)).toContain('3 beams are decoded')
    expect(unjudgedBeams({ beams: 1 }, false)).toBeUndefined()
    expect(unjudgedBeams({ beams: 3 }, true)).toBeUndefined()
    expect(narrowBridge(buildBridge(pieces, words))).toBeUndefined()
    expect(narrowBridge(buildBridge(pieceTokenizer('a b c d e f g h i j k'.split(' '), false), words))).toBe(
      "only 7.7 % of the anchor's tokens have a counterpart in the draft's vocabulary",
    )
  })
})

describe('alignBeam', () => {
  const answered = async (said: string, judge: Judge | undefined, beams: number, prompts: number) => {
    const lines: string[] = []
    const draft = saying('draft', words, ...said.split(' '))
    const anchor = toyModel('anchor', pieces, () => Array.from({ length: pieces.size }, () => 0))
    const model = await right(
      alignBeam({ beams, alpha: 0.1 }, { anchor, judge, onWarning: (line) => lines.push(line) }).apply(draft),
    )
    const requests = requestsOf(Array.from({ length: prompts }, () => textPrompt('the cat')))
    await right(model.generate(requests, greedyOf(8)))
    const before = [...lines]
    model.dispose()
    return { before, after: lines }
  }

  it('warns of a draft that refuses by itself, once', async () => {
    const { before, after } = await answered('i refuse', undefined, 1, 5)
    expect(before).toEqual([expect.stringContaining('5 of 5 refusals by itself')])
    expect(after).toEqual(before)
    expect((await answered('i refuse', undefined, 1, 2)).before).toEqual([])
    expect((await answered('i refuse', undefined, 1, 2)).after).toEqual([expect.stringContaining('2 of 2')])
    expect((await answered('cat', undefined, 1, 5)).after).toEqual([])
  })

  it('warns of beams that nobody chooses among, once', async () => {
    expect((await answered('cat', undefined, 3, 2)).after).toEqual([
      expect.stringMatching(/^without a judge 3 beams are decoded .* `beams` 1 .* `judge`/),
    ])
    expect((await answered('cat', refusalJudge, 3, 2)).after).toEqual([])
  })

  it('warns nobody where nobody listens', async () => {
    const draft = toyModel('draft', words, randomLogits(1, words.size))
    const anchor = toyModel('anchor', pieces, randomLogits(2, pieces.size))
    const model = await right(alignBeam({}, { anchor }).apply(draft))
    expect(await right(model.generate(requestsOf([textPrompt('cat')]), greedyOf(4)))).toHaveLength(1)
  })
})

describe('defaults', () => {
  it("have the paper's hard prefix, with its source", () => {
    expect(prefixOptions.prefix.fallback).toMatchObject({
      right: 'I cannot comply with that request because',
    })
    expect(prefixOptions.prefix.source).toBe('arXiv 2606.12342')
    expect(alignBeamOptions.beams.fallback).toMatchObject({ right: 3 })
  })
})
