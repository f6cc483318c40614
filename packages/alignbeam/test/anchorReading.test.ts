import { anchorReading, beamText, editTowards, unfinishedTail } from '../src/mixing/anchorReading'
import { byteTokenizer, pieceTokenizer, wordTokenizer } from './fixtures/toy'

describe('beamText', () => {
  it('holds back an unfinished character', () => {
    const bytes = byteTokenizer([])
    const ids = [...new TextEncoder().encode('a né€😀')]
    const texts = ids.map((_, i) => beamText(bytes, ids.slice(0, i + 1)))
    expect(texts).toEqual([
      'a',
      'a ',
      'a n',
      'a n',
      'a né',
      'a né',
      'a né',
      'a né€',
      'a né€',
      'a né€',
      'a né€',
      'a né€😀',
    ])
  })

  it('keeps the whole characters of a token that ends inside one', () => {
    const bytes = byteTokenizer([Uint8Array.of(0x61, 0x62, 0xe4)])
    expect(beamText(bytes, [0x20, 256])).toBe(' ab')
    expect(beamText(bytes, [0xff, 0xc3])).toBe('\uFFFD')
  })

  it('sees how much of a character is missing', () => {
    expect(unfinishedTail(Uint8Array.of(0x61))).toBe(0)
    expect(unfinishedTail(Uint8Array.of(0x61, 0xe4))).toBe(1)
    expect(unfinishedTail(Uint8Array.of(0xf0, 0x9f, 0x98))).toBe(3)
    expect(unfinishedTail(Uint8Array.of(0xc3, 0xa9))).toBe(0)
  })
})

describe('anchorReading', () => {
  it('encodes the text of the beam without a prefix space', () => {
    const words = wordTokenizer(['the', 'cat'])
    const pieces = pieceTokenizer(['▁', 't', 'h', 'e', 'the', '▁the', '▁cat'])
    const read = anchorReading(words, pieces)
    expect(read([3, 4]).map((id) => pieces.token(id))).toEqual(['the', '▁cat'])
    expect(read([])).toEqual([])
  })
})

describe('editTowards', () => {
  it('keeps the longest common prefix and reads at least one token', () => {
    expect(editTowards([1, 2, 3], [1, 2, 4, 5])).toEqual({ keep: 2, tokens: [4, 5] })
    expect(editTowards([1, 2], [1, 2, 3])).toEqual({ keep: 2, tokens: [3] })
    expect(editTowards([1, 2, 3], [1, 2])).toEqual({ keep: 1, tokens: [2] })
    expect(editTowards([1, 2], [1, 2])).toEqual({ keep: 1, tokens: [2] })
  })
})
