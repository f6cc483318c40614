import {
  type GenerationOptions,
  type Judge,
  decodingMonoid,
  defenceName,
  failure,
  isIdentity,
  noDefence,
  requestsOf,
  textPrompt,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { alignBeam } from '../src/alignBeam'
import { hardPrefix, safetySystem } from '../src/baselines/oneModel'
import { refusalText } from '../src/defaults'
import { safeDecoding } from '../src/baselines/safeDecoding'
import { left, right } from './fixtures/right'
import { pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'is', 'sat', 'on', 'mat', 'no'])
const pieces = pieceTokenizer([
  '▁',
  ...'t h e c a i s o n m'.split(' '),
  '▁the',
  '▁cat',
  '▁is',
  '▁sat',
  '▁on',
  '▁no',
  '▁mat',
])
const options: GenerationOptions = {
  maxNewTokens: 10,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 42,
}
const draftOf = (seed: number) => toyModel('draft', words, randomLogits(seed, words.size))
const anchorOf = (seed: number) => toyModel('anchor', pieces, randomLogits(seed + 99, pieces.size))
const prompts = ['the cat', 'the mat is on the cat', 'no'].map(textPrompt)
const requests = requestsOf(prompts)

/** Scores by the last word, for choices that can be foreseen. */
const judgeBy = (score: (completion: string) => number | null): Judge => ({
  specificationVersion: 2,
  id: 'test@1',
  axes: [],
  judge: (items) =>
    TE.right(
      items.map((i) => ({
        id: i.id,
        verdict: { refused: null, harmful: null, degenerate: null, truncated: null },
        pHarmful: null,
        score: score(i.completion),
        raw: '',
      })),
    ),
})

describe('alignBeam', () => {
  it('with one beam generates what its own session completes', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const [draft, anchor] = [draftOf(seed), anchorOf(seed)]
      const model = await right(alignBeam({ beams: 1, support: 'union' }, { anchor }).apply(draft))
      const generated = await right(model.generate(requests, options))
      const session = await right(model.open(prompts))
      const completed = await right(session.complete(options))
      expect(generated).toEqual(completed)
      // From the middle of the bridge, and in another order.
      const rows = [2, 0]
      const picked = await right(session.select(rows))
      const first = generated.map((c) => c.tokens[0])
      const alive = rows.every((r) => first[r] !== undefined)
      if (alive) {
        const moved = await right(
          picked.edit(rows.map((r, i) => ({ keep: picked.tokens[i]!.length, tokens: [first[r]!] }))),
        )
        const rest = await right(moved.complete({ ...options, maxNewTokens: 9 }))
        expect(rest.map((c) => c.tokens)).toEqual(rows.map((r) => generated[r]!.tokens.slice(1)))
        moved.dispose()
      }
      picked.dispose()
      session.dispose()
      expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
    }
  })

  it("shows mixed distributions for the first N tokens and the draft's afterwards", async () => {
    const [draft, anchor] = [draftOf(3), anchorOf(3)]
    const model = await right(alignBeam({ bridgeTokens: 2 }, { anchor }).apply(draft))
    const start = await right(model.open([textPrompt('the cat')]))
    const plain = await right(draft.open([textPrompt('the cat')]))
    const edit = [{ keep: 2, tokens: [5, 6] }]
    const [after, plainAfter] = [await right(start.edit(edit)), await right(plain.edit(edit))]
    const [mixed] = await right(start.logProbs)
    expect(mixed!.reduce((s, x) => s + Math.exp(x), 0)).toBeCloseTo(1, 5)
    expect(mixed).not.toEqual((await right(plain.logProbs))[0])
    expect(await right(after.logProbs)).toEqual(await right(plainAfter.logProbs))
    // Back into the bridge.
    const back = await right(after.edit([{ keep: 2, tokens: [] }]))
    expect((await right(back.logProbs))[0]).toEqual(mixed)
    ;[start, plain, after, plainAfter, back].forEach((s) => s.dispose())
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('returns the beam with the lowest score', async () => {
    const [draft, anchor] = [draftOf(5), anchorOf(5)]
    const all = await right(
      alignBeam({ support: 'union' }, { anchor, judge: judgeBy((c) => (c.includes('mat') ? 5 : 2)) }).apply(
        draft,
      ),
    )
    const out = await right(all.generate(requests, options))
    expect(out).toHaveLength(3)
    const never = await right(
      alignBeam({ onNoSafe: 'refuse' }, { anchor, judge: judgeBy(() => 4) }).apply(draft),
    )
    expect((await right(never.generate(requests, options))).map((c) => c.text)).toEqual([
      refusalText,
      refusalText,
      refusalText,
    ])
    const unread = await right(
      alignBeam({ onNoSafe: 'refuse', beams: 1 }, { anchor, judge: judgeBy(() => null) }).apply(draft),
    )
    expect((await right(unread.generate(requests, options)))[0]!.text).toBe(refusalText)
  })

  it("leaves a judge's fault as it is", async () => {
    const broken: Judge = {
      ...judgeBy(() => 1),
      judge: () => TE.left(failure('JudgeFailed', 'the server is down', { where: 'http://judge' })),
    }
    const [draft, anchor] = [draftOf(5), anchorOf(5)]
    const model = await right(alignBeam({}, { anchor, judge: broken }).apply(draft))
    expect(await left(model.generate(requests, options))).toMatchObject({
      ...{ _tag: 'JudgeFailed', kind: 'failure', where: 'http://judge' },
    })
    // and so do models around it
    const prompted = await right(safetySystem({ system: 'sat on' }).apply(model))
    expect(await left(prompted.generate(requests, options))).toMatchObject({ _tag: 'JudgeFailed' })
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('does not depend on the batch size', async () => {
    const run = async (batchSize: number) =>
      right(
        (
          await right(
            alignBeam({ batchSize }, { anchor: anchorOf(7), judge: judgeBy((c) => c.length) }).apply(
              draftOf(7),
            ),
          )
        ).generate(
          requests.map((r, i) => ({ ...r, maxNewTokens: [4, 8, 9][i] ?? 0 })),
          { ...options, temperature: 0.8 },
        ),
      )
    expect(await run(1)).toEqual(await run(3))
  })

  it('is the identity when it is not enabled, and composes with what comes before', async () => {
    const [draft, anchor] = [draftOf(2), anchorOf(2)]
    const off = alignBeam({ enabled: false }, { anchor })
    expect(await right(off.apply(draft))).toBe(draft)
    expect(isIdentity(off)).toBe(true)
    const one = alignBeam({ beams: 1 }, { anchor })
    const same = decodingMonoid.concat(noDefence.decoding, one)
    expect(defenceName(same)).toBe('alignbeam')
    const both = await right(decodingMonoid.concat(hardPrefix({ prefix: 'no' }), one).apply(draft))
    const out = await right(both.generate(requests, options))
    const prefixed = await right(hardPrefix({ prefix: 'no' }).apply(draft))
    const expected = await right((await right(one.apply(prefixed))).generate(requests, options))
    expect(out).toEqual(expected)
    expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
  })

  it('says which model has no tokenizer', async () => {
    const fault = await left(
      alignBeam({}, { anchor: { ...anchorOf(1), tokenizer: undefined } }).apply(draftOf(1)),
    )
    expect(fault).toMatchObject({ _tag: 'TokenizerMissing', kind: 'input', where: 'anchor' })
  })
})

describe('options', () => {
  it('are complete among the parameters, with the models they were used with', () => {
    const anchor = anchorOf(1)
    const { steps } = alignBeam({ alpha: 0.4 }, { anchor })
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({
      name: 'alignbeam',
      parameters: { alpha: 0.4, beams: 3, tau: 2.5, anchor: anchor.id, judge: null },
    })
    expect(safeDecoding({}, { expert: anchor }).steps[0]?.parameters).toEqual({
      alpha: 3,
      first: 2,
      common: 5,
      batchSize: 8,
      expert: anchor.id,
    })
  })

  it('that are impossible are named by their field', async () => {
    const [anchor, draft] = [anchorOf(1), draftOf(1)]
    expect(await left(alignBeam({ alpha: 2 }, { anchor }).apply(draft))).toMatchObject({
      _tag: 'BadOption',
      field: 'alpha',
    })
    expect(await left(alignBeam({ onNoSafe: 'refuse' }, { anchor }).apply(draft))).toMatchObject({
      _tag: 'BadOption',
      kind: 'input',
      field: 'onNoSafe',
      message: 'refuse needs a judge: without one no beam is ever found unsafe',
      remedy: 'give a `judge`, or lowest',
    })
    expect(await left(safeDecoding({ first: 0 }, { expert: draft }).apply(draft))).toMatchObject({
      _tag: 'BadOption',
      field: 'first',
    })
  })
})

describe('safeDecoding', () => {
  it('decides the first tokens with the expert and leaves the rest to the draft', async () => {
    const draft = draftOf(4)
    const expert = toyModel('expert', words, () =>
      Array.from({ length: words.size }, (_, i) => (i === words.id('no') ? 14 : 0)),
    )
    const model = await right(safeDecoding({ first: 2, common: words.size }, { expert }).apply(draft))
    const [out] = await right(model.generate([{ prompt: textPrompt('the cat') }], options))
    const no = words.id('no')!
    expect(out!.tokens.slice(0, 2)).toEqual([no, no])
    const [rest] = await right(
      draft.generate([{ prompt: tokenPrompt([...words.encode('the cat'), no, no]) }], {
        ...options,
        maxNewTokens: 8,
      }),
    )
    expect(out!.tokens.slice(2)).toEqual(rest!.tokens)
  })

  it('refuses models of different vocabularies', async () => {
    expect(await left(safeDecoding({}, { expert: anchorOf(1) }).apply(draftOf(1)))).toMatchObject({
      _tag: 'VocabularyMismatch',
      kind: 'input',
    })
  })
})

describe('hardPrefix', () => {
  it('opens every completion with the same words, which count among the new tokens', async () => {
    const draft = draftOf(6)
    const model = await right(hardPrefix({ prefix: 'no no' }).apply(draft))
    const out = await right(model.generate(requests, options))
    out.forEach((c) => expect(c.text.startsWith('no no')).toBe(true))
    const [rest] = await right(
      draft.generate([{ prompt: tokenPrompt(words.encode('the cat no no')) }], {
        ...options,
        maxNewTokens: 8,
      }),
    )
    expect(out[0]!.tokens).toEqual([...words.encode('no no'), ...rest!.tokens])
    expect(draft.work.open).toBe(0)
  })
})

describe('safetySystem', () => {
  it('puts the system text before the prompt', async () => {
    const draft = draftOf(6)
    const model = await right(safetySystem({ system: 'sat on' }).apply(draft))
    expect(await right(model.encodePrompt(textPrompt('the cat')))).toEqual(words.encode('sat on the cat'))
    const own = await right(model.generate([{ prompt: textPrompt('the cat') }], options))
    expect(own).toEqual(await right(draft.generate([{ prompt: textPrompt('sat on the cat') }], options)))
  })
})
