import fc from 'fast-check'
import { bridgeOf, bridgeShare, buildBridge } from '../src/mixing/bridge'
import { byteTokenizer, pieceTokenizer, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'is', 'sat'])
const pieces = pieceTokenizer([
  '▁',
  't',
  'h',
  'e',
  'c',
  'a',
  's',
  'i',
  'is',
  '▁the',
  '▁cat',
  '▁cats',
  '▁s',
  'at',
])

const named = (bridge: ReturnType<typeof buildBridge>, from: typeof words, to: typeof words) =>
  Object.fromEntries(
    Array.from(bridge.map, (d, a) => [from.token(a) ?? '', d < 0 ? null : (to.token(d) ?? '')]),
  )

describe('buildBridge', () => {
  it('carries pieces to words: by text, with the end of sequence to its own', () => {
    const bridge = buildBridge(pieces, words)
    expect(named(bridge, pieces, words)).toEqual({
      '<unk>': null,
      '</s>': '</s>',
      '▁': null,
      t: null,
      h: null,
      e: null,
      c: null,
      a: null,
      s: null,
      i: null,
      is: 'is',
      '▁the': 'the',
      '▁cat': 'cat',
      '▁cats': null,
      '▁s': null,
      at: null,
    })
    expect(bridge).toMatchObject({ anchorVocab: 16, draftVocab: 7, mapped: 4, special: 1 })
    expect(bridgeShare(bridge)).toBe(0.25)
  })

  it('keeps a leading space, and drops, takes the first of, or insists on exact pieces', () => {
    expect(named(buildBridge(words, pieces), words, pieces)).toEqual({
      '<unk>': null,
      '<s>': null,
      '</s>': '</s>',
      the: '▁the',
      cat: '▁cat',
      is: null,
      sat: null,
    })
    expect(named(buildBridge(words, pieces, 'first'), words, pieces)).toMatchObject({ is: '▁', sat: '▁s' })
    expect(named(buildBridge(pieces, words, 'exact'), pieces, words)).toMatchObject({
      is: null,
      '▁the': 'the',
      '▁cat': 'cat',
      '</s>': '</s>',
    })
  })

  it('carries parts of characters between byte-level tokenizers only', () => {
    const half = Uint8Array.of(0x20, 0xe4)
    const a = byteTokenizer([half, 'ab'], 'a')
    const b = byteTokenizer(['ab', half], 'b')
    const bridge = buildBridge(a, b, 'exact')
    expect(bridge.map[256]).toBe(257)
    expect(bridge.map[257]).toBe(256)
    expect(bridge.map[0xe4]).toBe(0xe4)
    expect(bridge.mapped).toBe(259)
    expect(bridge.special).toBe(0)
    const toPieces = buildBridge(a, pieces)
    expect(toPieces.map[0xe4]).toBe(-1)
    expect(toPieces.map['s'.charCodeAt(0)]).toBe(pieces.id('s'))
  })

  it('has exact inside drop inside first, whatever the vocabularies', () => {
    const piece = fc.stringMatching(/^▁?[ab]{1,3}$/)
    const vocabulary = fc.uniqueArray(piece, { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(vocabulary, vocabulary, fc.boolean(), (one, two, asWords) => {
        const anchor = pieceTokenizer(['▁', 'a', 'b', ...one.filter((p) => p.length > 1)])
        const draft = asWords
          ? wordTokenizer([...new Set(two.map((p) => p.replace('▁', '')))])
          : pieceTokenizer(['▁', 'a', 'b', ...two.filter((p) => p.length > 1)])
        const [exact, drop, first] = (['exact', 'drop', 'first'] as const).map((m) =>
          buildBridge(anchor, draft, m),
        )
        drop!.map.forEach((d, a) => {
          if (d >= 0) expect(first!.map[a]).toBe(d)
          if (exact!.map[a]! >= 0) expect(d).toBe(exact!.map[a])
        })
        // Exact pairs are one to one.
        const targets = Array.from(exact!.map).filter((d) => d >= 0)
        expect(new Set(targets).size).toBe(targets.length)
      }),
      { numRuns: 60 },
    )
  })

  it('is the identity between a tokenizer and itself', () => {
    const bridge = buildBridge(pieces, pieces, 'exact')
    expect(Array.from(bridge.map)).toEqual(Array.from({ length: 16 }, (_, i) => (i === 0 ? -1 : i)))
  })

  it('is remembered by both fingerprints', () => {
    expect(bridgeOf(pieces, words)).toBe(bridgeOf({ ...pieces }, words))
    expect(bridgeOf(pieces, words)).not.toBe(bridgeOf(pieces, words, 'first'))
  })
})
