import { greedy, requestsOf, textExample, textPrompt } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { safetySystemPrompt } from '../src/defaults'
import { anchorAlone, askedAnchor } from '../src/rivals/anchorAlone'
import { right } from './fixtures/right'
import { pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'no'])
const pieces = pieceTokenizer(['▁', 't', 'h', 'e', '▁the', '▁cat', '▁no'])
const requests = requestsOf(['the cat', 'no'].map(textPrompt))

describe('anchorAlone', () => {
  it("gives the anchor's answers and scores, in the anchor's vocabulary, and does not ask the draft", async () => {
    const anchor = toyModel('anchor', pieces, randomLogits(5, pieces.size))
    const scored = {
      ...anchor,
      score: () => TE.right([{ id: 'a', tokens: [1], logProbs: [-1], correct: [true], nll: 1 }]),
    }
    const draft = toyModel('draft', words, randomLogits(3, words.size))
    const model = await right(anchorAlone({ anchor: scored }).apply(draft))
    expect(await right(model.generate(requests, greedy(6)))).toEqual(
      await right(anchor.generate(requests, greedy(6))),
    )
    expect(await right(model.score([textExample('a', 'the', 'cat')]))).toMatchObject([{ nll: 1 }])
    expect(model.tokenizer).toBe(pieces)
    expect(draft.work.tokens).toBe(0)
  })

  it('gives an anchor with a chat template the safety system prompt, as AlignBeam does', async () => {
    const all = wordTokenizer(['hello', ...new Set(safetySystemPrompt.split(' '))])
    const chatting = toyModel(
      'anchor',
      { ...all, chat: (m) => m.map((x) => x.content).join(' ') },
      randomLogits(1, all.size),
    )
    const seen = await right(askedAnchor(chatting, safetySystemPrompt).encodePrompt(textPrompt('hello')))
    expect(all.decode(seen)).toBe(`${safetySystemPrompt} hello`)
    const plain = toyModel('anchor', all, randomLogits(1, all.size))
    expect(askedAnchor(plain, safetySystemPrompt)).toBe(plain)
    expect(askedAnchor(chatting, null)).toBe(chatting)
  })

  it('frees the draft and what the caller names', async () => {
    const freed: string[] = []
    const draft = {
      ...toyModel('draft', words, randomLogits(3, words.size)),
      dispose: () => void freed.push('draft'),
    }
    const anchor = {
      ...toyModel('anchor', pieces, randomLogits(5, pieces.size)),
      dispose: () => void freed.push('anchor'),
    }
    const kept = await right(anchorAlone({ anchor }).apply(draft))
    kept.dispose()
    expect(freed).toEqual(['draft'])
    const given = await right(anchorAlone({ anchor, onDispose: anchor.dispose }).apply(draft))
    given.dispose()
    expect(freed).toEqual(['draft', 'draft', 'anchor'])
  })
})
