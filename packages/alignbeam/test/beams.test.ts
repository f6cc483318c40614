import fc from 'fast-check'
import { type GenerationOptions, type RowRequest, textPrompt } from '@safe/tensor-core/contracts'
import { beamText } from '../src/mixing/anchorReading'
import { decodeBeams, telemetryOf } from '../src/mixing/beams'
import { buildBridge } from '../src/mixing/bridge'
import { type MixOptions, bestToken, mix, mostProbable } from '../src/mixing/mix'
import type { AlignBeamOptions } from '../src/options'
import { alignBeamMixer, defaultSettings } from '../src/settings'
import {
  type NextLogits,
  type Toy,
  byteTokenizer,
  pieceTokenizer,
  randomLogits,
  toyModel,
  wordTokenizer,
} from './fixtures/toy'
import { pieces, words } from './fixtures/vocabularies'
import { right } from './fixtures/right'
import * as E from 'fp-ts/Either'

const options: GenerationOptions = {
  maxNewTokens: 12,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 42,
}
const settings: AlignBeamOptions = { ...defaultSettings, top: 8 }

const pair = (seed: number): { draft: Toy; anchor: Toy } => ({
  draft: toyModel('draft', words, randomLogits(seed, words.size), (p) => `a dog ${p}`),
  anchor: toyModel('anchor', pieces, randomLogits(seed + 1000, pieces.size)),
})

const beamsOf = async (
  draft: Toy,
  anchor: Toy,
  s: AlignBeamOptions,
  prompts: ReadonlyArray<string>,
  o = options,
  row: RowRequest = {},
) => {
  const mixer = alignBeamMixer(anchor, draft, s)
  if (E.isLeft(mixer)) throw new Error(mixer.left.message)
  const requests = prompts.map((prompt) => ({ prompt: textPrompt(prompt), ...row }))
  return right(decodeBeams(anchor, mixer.right, s)(draft)(requests, o))
}

/** The published algorithm said again, without sessions, batches or caches. */
const reference = (
  draftNext: NextLogits,
  anchorNext: NextLogits,
  draftPrompt: ReadonlyArray<number>,
  anchorPrompt: ReadonlyArray<number>,
  s: MixOptions & { beams: number; bridgeTokens: number },
  limit: number,
): ReadonlyArray<ReadonlyArray<number>> => {
  const logs = (logits: ReadonlyArray<number>): Float32Array => {
    const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
    return Float32Array.from(logits, (x) => x - total)
  }
  const step = (beam: ReadonlyArray<number>) =>
    mix(buildBridge(pieces, words), s)(
      logs(
        anchorNext([
          ...anchorPrompt,
          ...(beam.length === 0 ? [] : pieces.encodeInner(words.decode(beam, { skipSpecial: true }))),
        ]),
      ),
      logs(draftNext([...draftPrompt, ...beam])),
    )
  return mostProbable(step([]), s.beams).map((root) => {
    const beam: number[] = []
    let next = root
    while (next !== words.eos && beam.length < limit) {
      beam.push(next)
      const own = logs(draftNext([...draftPrompt, ...beam]))
      next = beam.length < s.bridgeTokens ? bestToken(step(beam)) : own.indexOf(Math.max(...own))
    }
    return beam
  })
}

describe('decodeBeams', () => {
  it.each([
    [1, 'anchor'],
    [3, 'anchor'],
    [1, 'union'],
    [3, 'union'],
  ] as const)('equals the algorithm said plainly (K %i, %s)', async (beams, support) => {
    const s = { ...settings, beams, support }
    for (let seed = 0; seed < 15; seed++) {
      const { draft, anchor } = pair(seed)
      const prompts = ['the cat', 'a dog is on the mat', 'sat']
      const found = await beamsOf(draft, anchor, s, prompts)
      prompts.forEach((p, i) => {
        const expected = reference(
          randomLogits(seed, words.size),
          randomLogits(seed + 1000, pieces.size),
          words.encode(`a dog ${p}`),
          pieces.encode(p),
          s,
          options.maxNewTokens,
        )
        expect(found[i]?.map((b) => b.completion.tokens)).toEqual(expected)
      })
      expect([draft.work.open, anchor.work.open]).toEqual([0, 0])
    }
  })

  it('costs exactly 1 + K (N - 1) mixed steps of each model, in batches', async () => {
    const never =
      (size: number, seed: number): NextLogits =>
      (tokens) =>
        randomLogits(seed, size)(tokens).map((x, id) => (id < 3 ? -30 : x))
    for (const [beams, n] of [
      [1, 6],
      [3, 6],
      [2, 1],
      [4, 3],
    ] as const) {
      const draft = toyModel('draft', words, never(words.size, 5))
      const anchor = toyModel('anchor', pieces, never(pieces.size, 6))
      const found = await beamsOf(draft, anchor, { ...settings, beams, bridgeTokens: n, support: 'union' }, [
        'the',
        'a cat',
      ])
      const steps = 1 + beams * (n - 1)
      expect(found.map((b) => telemetryOf(b).steps)).toEqual([steps, steps])
      expect(draft.work.distributions).toBe(2 * steps)
      expect(anchor.work.distributions).toBe(2 * steps)
      // One call per step and model for all rows, the prompt's included; the draft also reads its last bridge token.
      expect(anchor.work.calls).toBe(n)
      expect(draft.work.calls).toBe(n + 1)
      expect(draft.work.completions).toBe(2 * beams)
    }
  })

  it('counts the bridge among the new tokens and ends at the limit', async () => {
    const { draft, anchor } = pair(3)
    for (const maxNewTokens of [1, 2, 5, 6, 7, 9]) {
      const found = await beamsOf(draft, anchor, { ...settings, support: 'union' }, ['the cat'], {
        ...options,
        maxNewTokens,
      })
      found[0]!.forEach(({ completion }) => {
        expect(completion.tokens.length).toBeLessThanOrEqual(maxNewTokens)
        if (completion.finishReason === 'length') expect(completion.tokens).toHaveLength(maxNewTokens)
      })
    }
    expect(draft.work.open).toBe(0)
  })

  it('ends a beam where the anchor ends', async () => {
    const draft = toyModel('draft', words, (t) =>
      words.token(0) === undefined
        ? []
        : Array.from({ length: words.size }, (_, i) => (i === 3 + (t.length % 4) ? 2 : 0)),
    )
    const anchor = toyModel('anchor', pieces, () =>
      Array.from({ length: pieces.size }, (_, i) => (i === 1 ? 12 : 0)),
    )
    const found = await beamsOf(draft, anchor, { ...settings, beams: 1 }, ['the'])
    expect(found[0]![0]!.completion).toMatchObject({ tokens: [], text: '', finishReason: 'stop' })
  })

  it('falls back to the draft where nothing maps, and counts it', async () => {
    const draft = toyModel('draft', words, randomLogits(8, words.size))
    const mute = toyModel('anchor', pieceTokenizer(['x', 'y', 'z'], false), randomLogits(9, 5))
    const found = await beamsOf(draft, mute, { ...settings, beams: 1 }, ['the cat'])
    const alone = await right(draft.generate([{ prompt: textPrompt('the cat') }], options))
    expect(found[0]![0]!.completion.tokens).toEqual(alone[0]!.tokens)
    const t = telemetryOf(found[0]!)
    expect(t.fallbacks).toBe(t.steps)
    expect(t).toMatchObject({ mappedMass: 0, support: 0, agreement: 1 })
  })

  it('gives a beam that opens with a refusal N + 20 tokens', async () => {
    const say = wordTokenizer(['i', 'am', 'sorry', 'no'])
    const script = ['i', 'am', 'sorry']
    const draft = toyModel('draft', say, (t) =>
      Array.from({ length: say.size }, (_, id) => (say.token(id) === (script[t.length - 1] ?? 'no') ? 9 : 0)),
    )
    const found = await beamsOf(draft, { ...draft, id: 'anchor' }, { ...settings, beams: 1 }, ['no'], {
      ...options,
      maxNewTokens: 100,
    })
    expect(found[0]![0]!).toMatchObject({ refuses: true, completion: { finishReason: 'length' } })
    expect(found[0]![0]!.completion.tokens).toHaveLength(26)
  })

  it('does not depend on what else is in the batch, also with draws', async () => {
    const prompts = ['the cat', 'a dog is on the mat', 'sat', 'the dog']
    const o = { ...options, temperature: 0.7 }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 500 }), async (seed) => {
        const { draft, anchor } = pair(seed)
        const together = await beamsOf(draft, anchor, settings, prompts, o)
        const alone = await Promise.all(
          prompts.map((p, i) => beamsOf(draft, anchor, settings, [p], o, { stream: i })),
        )
        expect(together).toEqual(alone.map((a) => a[0]))
      }),
      { numRuns: 10 },
    )
  })

  it('reads multi-byte characters as the draft finishes them', async () => {
    const bytes = byteTokenizer(['é'])
    const text = [...new TextEncoder().encode('né€')]
    const draft = toyModel('draft', bytes, (t) =>
      Array.from({ length: bytes.size }, (_, id) => (id === (text[t.length - 1] ?? bytes.eos) ? 20 : 0)),
    )
    const seen: string[] = []
    const spy = toyModel('anchor', bytes, (t) => {
      seen.push(bytes.decode(t))
      return randomLogits(3, bytes.size)(t)
    })
    const found = await beamsOf(draft, spy, { ...settings, beams: 1, alpha: 0, support: 'union' }, ['x'])
    expect(found[0]![0]!.completion.text).toBe('né€')
    expect(seen).toEqual(['x', 'xn', 'xn', 'xné', 'xné', 'xné'])
    expect(beamText(bytes, found[0]![0]!.completion.tokens)).toBe('né€')
  })

  it('keeps log-probabilities of bridge and completion where asked', async () => {
    const { draft, anchor } = pair(11)
    const found = await beamsOf(draft, anchor, { ...settings, beams: 1 }, ['the cat'], {
      ...options,
      logProbs: 2,
      maxNewTokens: 4,
    })
    const { completion } = found[0]![0]!
    expect(completion.logProbs).toHaveLength(completion.tokens.length)
    completion.logProbs!.forEach(({ chosen, top }, i) => {
      expect(chosen.id).toBe(completion.tokens[i])
      expect(top[0]!.logProb).toBe(chosen.logProb)
    })
  })
})
