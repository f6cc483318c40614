import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { type Steps, type Tokenizer, greedy, textPrompt } from '@safe/tensor-core/contracts'
import { openModelFolder } from '@safe/tensor-core/formats'
import { loadTokenizer } from '@safe/tensor-core/text'
import { alignBeam } from '../src/alignBeam'
import { endTokens, withOneEnd } from '../src/mixing/ends'
import { alignBeamMixer, defaultSettings, modelBridge } from '../src/settings'
import { right } from './fixtures/right'
import { type NextLogits, randomLogits, toyModel } from './fixtures/toy'

/** Tokenizers trained as those of the families, with their special tokens. */
const family = (name: string): string => join(__dirname, '../../tensor-core/test/golden/judges', name)

interface Ids {
  readonly tokenizer: Tokenizer
  readonly stops: ReadonlySet<number>
}

/** A copy of a model folder that stops where `eos` says; one special token may have another spelling. */
const folderOf = (name: string, eos: number | ReadonlyArray<number>, renamed?: readonly [string, string]) => {
  const to = mkdtempSync(join(tmpdir(), 'alignbeam-ends-'))
  cpSync(family(name), to, { recursive: true })
  writeFileSync(join(to, 'generation_config.json'), JSON.stringify({ eos_token_id: eos }))
  if (renamed !== undefined)
    for (const file of ['tokenizer.json', 'tokenizer_config.json'])
      writeFileSync(join(to, file), readFileSync(join(to, file), 'utf8').replaceAll(...renamed))
  return to
}

const idsOf = async (folder: string): Promise<Ids> => {
  const tokenizer = await right(loadTokenizer(folder))
  if (tokenizer === undefined) throw new Error(`${folder} has no tokenizer`)
  return { tokenizer, stops: (await right(openModelFolder(folder))).stopTokens }
}

const modelOf = (name: string, { tokenizer, stops }: Ids, next: NextLogits) => ({
  ...toyModel(name, tokenizer, next),
  stopTokens: stops,
})

/** A model that puts these probabilities on these tokens, and next to nothing on others. */
const certain =
  (size: number, shares: Readonly<Record<number, number>>): NextLogits =>
  () =>
    Array.from({ length: size }, (_, id) => Math.log(shares[id] ?? 1e-9))

let qwen: Ids
let llama: Ids
let llamaBase: Ids
let gemma: Ids
beforeAll(async () => {
  qwen = await idsOf(folderOf('qwen3', [2, 0]))
  llama = await idsOf(folderOf('llama-guard', [1, 4]))
  llamaBase = await idsOf(folderOf('llama-guard', 1))
  gemma = await idsOf(folderOf('gemma', [1, 0], ['<pad>', '<end_of_turn>']))
})

describe('endTokens', () => {
  it('are the stop tokens, the end of sequence, and the ends of turns that are special tokens', () => {
    const spelled = ({ tokenizer, stops }: Ids) => {
      const { all, usual } = endTokens(tokenizer, stops)
      return [[...all].map((id) => tokenizer.token(id)).sort(), tokenizer.token(usual ?? -1)]
    }
    expect(spelled(qwen)).toEqual([['<|endoftext|>', '<|im_end|>'], '<|im_end|>'])
    expect(spelled(llama)).toEqual([['<|end_of_text|>', '<|eot_id|>'], '<|eot_id|>'])
    expect(spelled(gemma)).toEqual([['<end_of_turn>', '<eos>'], '<eos>'])
    // The configuration of the base model knows no turns; the tokenizer does.
    expect([...llamaBase.stops]).toEqual([1])
    expect(spelled(llamaBase)).toEqual([['<|end_of_text|>', '<|eot_id|>'], '<|end_of_text|>'])
  })

  it('do not take ordinary text for an end, and may be none', () => {
    const { tokenizer } = qwen
    expect([...endTokens({ ...tokenizer, specialIds: new Set<number>() }).all]).toEqual([tokenizer.eos])
    expect(endTokens(undefined)).toEqual({ all: new Set(), usual: undefined })
    expect(endTokens(undefined, new Set([5, 3]))).toEqual({ all: new Set([5, 3]), usual: 5 })
  })
})

describe('the bridge of two models', () => {
  const pairs = (): ReadonlyArray<readonly [string, Ids, Ids]> => [
    ['qwen to llama', qwen, llama],
    ['llama to gemma', llama, gemma],
    ['gemma to qwen', gemma, qwen],
    ['llama to its base', llama, llamaBase],
  ]

  it("carries every end of the anchor to a stop token of the draft's", () => {
    for (const [name, from, to] of pairs()) {
      const anchor = modelOf('anchor', from, randomLogits(1, from.tokenizer.size))
      const draft = modelOf('draft', to, randomLogits(2, to.tokenizer.size))
      const bridge = modelBridge(anchor, draft, 'drop')
      if (E.isLeft(bridge)) throw new Error(bridge.left.message)
      for (const id of [...from.stops, from.tokenizer.eos ?? -1])
        expect([name, to.stops.has(bridge.right.map[id] ?? -1)]).toEqual([name, true])
      // The other special tokens stay where they are.
      const others = [...from.tokenizer.specialIds].filter(
        (id) => !endTokens(from.tokenizer, from.stops).all.has(id),
      )
      for (const id of others) expect([name, bridge.right.map[id]]).toEqual([name, -1])
    }
  })
})

describe('the mixed phase', () => {
  const answered = async (
    alpha: number,
    draft: Ids,
    shares: Readonly<Record<number, number>>,
    anchor: Ids,
    theirs: number,
  ) => {
    const [draftSize, anchorSize] = [draft.tokenizer.size, anchor.tokenizer.size]
    const model = await right(
      alignBeam(
        { alpha, beams: 1, support: 'union', system: null },
        { anchor: modelOf('anchor', anchor, certain(anchorSize, { [theirs]: 1 })) },
      ).apply(modelOf('draft', draft, certain(draftSize, shares))),
    )
    const [out] = await right(model.generate([{ prompt: textPrompt('ab') }], greedy(8)))
    return out
  }
  const letter = (ids: Ids): number => ids.tokenizer.encodeInner('b')[0] ?? -1

  it.each([
    ['<|end_of_text|>', 1],
    ['<|eot_id|>', 4],
  ])('ends a beam with %s of a draft whose configuration knows one of them', async (_, end) => {
    const out = await answered(0.3, llamaBase, { [end]: 0.9, [letter(llamaBase)]: 0.1 }, qwen, letter(qwen))
    expect(out).toMatchObject({ tokens: [], text: '', finishReason: 'stop' })
  })

  it.each([
    ['<|endoftext|>', 0],
    ['<|im_end|>', 2],
  ])('ends a beam where the anchor says %s', async (_, end) => {
    const out = await answered(0.6, llamaBase, { [letter(llamaBase)]: 0.9 }, qwen, end)
    expect(out).toMatchObject({ tokens: [], finishReason: 'stop' })
  })

  it('adds up the ends of the draft, which is no less sure of an end for spelling it in two ways', async () => {
    // The letter is more probable than either end, and less than both.
    const shares = { 0: 0.3, 2: 0.3, [letter(qwen)]: 0.4 }
    const [other = -1] = llama.tokenizer.encodeInner('a')
    expect(await answered(0.1, qwen, shares, llama, other)).toMatchObject({
      tokens: [],
      finishReason: 'stop',
    })
    const settings = { ...defaultSettings, alpha: 0, support: 'union' } as const
    const models: readonly [Steps, Steps] = [
      modelOf('anchor', llama, randomLogits(1, llama.tokenizer.size)),
      modelOf('draft', qwen, randomLogits(2, qwen.tokenizer.size)),
    ]
    const mixer = alignBeamMixer(...models, settings)
    if (E.isLeft(mixer)) throw new Error(mixer.left.message)
    const logs = (size: number, shares: Readonly<Record<number, number>>) =>
      Float32Array.from({ length: size }, (__, id) => Math.log(shares[id] ?? 1e-9))
    const mixed = mixer.right.mix(
      logs(llama.tokenizer.size, { [letter(llama)]: 1 }),
      logs(qwen.tokenizer.size, shares),
    )
    const at = (id: number): number => mixed.probabilities[mixed.tokens.indexOf(id)] ?? 0
    expect(at(2)).toBeCloseTo(0.6, 4)
    expect(at(letter(qwen))).toBeCloseTo(0.4, 4)
    expect(at(0)).toBe(0)
    expect([...(mixer.right.ends ?? [])].sort()).toEqual([0, 2])
  })
})

describe('withOneEnd', () => {
  it('moves the probability of all ends to one, and nothing else', () => {
    const row = fc.array(fc.float({ min: -8, max: 0, noNaN: true }), { minLength: 4, maxLength: 12 })
    fc.assert(
      fc.property(row, fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }), (values, ends) => {
        const logProbs = Float32Array.from(values)
        const [usual] = ends
        const pooled = withOneEnd({ all: new Set(ends), usual })(logProbs)
        const mass = (of: Float32Array) => of.reduce((sum, z) => sum + Math.exp(z), 0)
        expect(mass(pooled)).toBeCloseTo(mass(logProbs), 4)
        values.forEach((_, id) => {
          if (!ends.includes(id)) expect(pooled[id]).toBe(logProbs[id])
          else if (id !== usual) expect(pooled[id]).toBe(Number.NEGATIVE_INFINITY)
        })
        if (ends.length === 1) expect(pooled).toBe(logProbs)
      }),
    )
    const none = Float32Array.of(0)
    expect(withOneEnd({ all: new Set(), usual: undefined })(none)).toBe(none)
  })
})
