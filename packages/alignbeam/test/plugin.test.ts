import {
  type Diagnostics,
  type Judge,
  type LoraAdapter,
  type Resources,
  failure,
  isIdentity,
  textPrompt,
} from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { refusalText } from '../src/defaults'
import { plugins } from '../src/plugin'
import { refusalJudge } from '@safe/tensor-core/judges'
import { left, right } from './fixtures/right'
import { pieceTokenizer, randomLogits, toyModel, wordTokenizer } from './fixtures/toy'

const words = wordTokenizer(['the', 'cat', 'no'])
const pieces = pieceTokenizer(['▁', 't', 'h', 'e', '▁the', '▁cat', '▁no'])
const greedyOf = (maxNewTokens: number) => ({
  maxNewTokens,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 1,
})

const unused = () => TE.left({ _tag: 'Unused', kind: 'failure', message: 'not needed here' } as const)
const expert: LoraAdapter = { modules: [], config: {}, metadata: {}, dtype: 'F32', extras: [] }
const safeRow = {
  id: '0',
  prompt: textPrompt('the'),
  response: { kind: 'text', text: 'no' },
  raw: '',
  fields: {},
} as const
const bench = (freed: string[]): Resources => ({
  seed: 1,
  train: () => TE.right(expert),
  gradients: unused,
  activationNorms: unused,
  model: () =>
    TE.right({
      ...toyModel('aligned', words, randomLogits(4, words.size)),
      dispose: () => void freed.push('aligned'),
    }),
  anchor: TE.right({
    ...toyModel('anchor', pieces, randomLogits(5, pieces.size)),
    dispose: () => void freed.push('anchor'),
  }),
  maxNewTokens: 8,
  safe: { name: 'safe', examples: [safeRow] },
  references: { name: 'references', examples: [] },
  harmful: { name: 'harmful', examples: [] },
  counterpart: TE.left(failure('Unused', 'not declared, so not used')),
  base: unused(),
  baseModel: TE.right({
    ...toyModel('base', words, randomLogits(6, words.size)),
    dispose: () => void freed.push('base'),
  }),
  aligned: unused(),
  judge: { ...refusalJudge, axes: ['harmful'] },
})
const named = (name: string) => plugins.find((p) => p.name === name)!
const complete = (name: string, options: Record<string, unknown>): unknown => {
  const completed = named(name).complete(options)
  if (E.isLeft(completed)) throw new Error(completed.left.message)
  return completed.right
}

describe('plugins', () => {
  it('expects each beam to be completed after its bridge', () => {
    const size = {
      rows: 100,
      safe: 50,
      references: 0,
      harmful: 0,
      steps: 30,
      stepsOn: () => 30,
      batchSize: 10,
      maxNewTokens: 32,
    }
    const work = plugins.find((p) => p.name === 'alignbeam')?.work
    expect(work?.({ beams: 1, bridgeTokens: 1 }, size)).toEqual({ completionFactor: 1 + 1 / 32 })
    expect(work?.({}, size)).toEqual({ completionFactor: 3 + 16 / 32 })
  })

  it('are the method, its baselines and its rivals', () => {
    expect(plugins.map((p) => [p.name, p.stage])).toEqual([
      ['alignbeam', 'decoding'],
      ['safe-decoding', 'decoding'],
      ['safe-decoding-tuned', 'decoding'],
      ['prefix', 'decoding'],
      ['system-prompt', 'decoding'],
      ['anchor-alone', 'decoding'],
      ['guard', 'decoding'],
      ['proxy-tuning', 'decoding'],
      ['nudging', 'decoding'],
    ])
  })

  it('say how faithful they are', () => {
    for (const { fidelity } of plugins)
      for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
        expect(fidelity?.[field]).toMatch(/\S/)
    expect(named('safe-decoding').fidelity?.source).toContain('2402.08983')
  })

  it('declare what they use', () => {
    expect(plugins.map((p) => [p.name, p.needs])).toEqual([
      ['alignbeam', ['anchor', 'judge']],
      ['safe-decoding', ['model']],
      ['safe-decoding-tuned', ['model', 'train', 'safe']],
      ['prefix', []],
      ['system-prompt', []],
      ['anchor-alone', ['anchor']],
      ['guard', ['judge']],
      ['proxy-tuning', ['model', 'baseModel']],
      ['nudging', ['anchor']],
    ])
  })

  it("fill in the papers' defaults", () => {
    expect(complete('alignbeam', { alpha: 0.4, support: 'union' })).toMatchObject({
      alpha: 0.4,
      beams: 3,
      bridgeTokens: 6,
      top: 50,
      tau: 2.5,
      multi: 'drop',
      draftMass: 'once',
      support: 'union',
      onNoSafe: 'lowest',
    })
    expect(complete('safe-decoding', {})).toMatchObject({ alpha: 3, first: 2, common: 5 })
    expect(complete('safe-decoding-tuned', {})).toMatchObject({ alpha: 3, first: 2, lr: 2e-3, epochs: 2 })
    expect(complete('alignbeam', { system: null, 'bridge-tokens': 2 })).toMatchObject({
      enabled: true,
      system: null,
      bridgeTokens: 2,
    })
    expect(complete('nudging', {})).toMatchObject({ threshold: 0.4, system: null })
    expect(complete('proxy-tuning', {})).toMatchObject({ alpha: 1 })
    expect(complete('guard', {})).toMatchObject({ refusal: refusalText, threshold: 0.5, unparsed: 'refuse' })
    // The completion follows the benchmark's own generation options unless a configuration says otherwise.
    expect(complete('alignbeam', {})).not.toHaveProperty('temperature')
    expect(complete('alignbeam', { temperature: 0 })).toMatchObject({ temperature: 0 })
  })

  it.each([
    ['alignbeam', { alpha: 2 }, 'alpha'],
    ['alignbeam', { beams: 0 }, 'beams'],
    ['alignbeam', { support: 'all' }, 'support'],
    ['alignbeam', { alpah: 0.5 }, 'alpah'],
    ['prefix', { prefix: [] }, 'prefix'],
    ['system-prompt', { system: null }, 'system'],
    ['safe-decoding', { alpha: -1 }, 'alpha'],
    ['safe-decoding', { epochs: 2 }, 'epochs'],
    ['safe-decoding-tuned', { lr: 0 }, 'lr'],
    ['anchor-alone', { alpha: 1 }, 'alpha'],
    ['guard', { threshold: 1.5 }, 'threshold'],
    ['guard', { unparsed: 'keep' }, 'unparsed'],
    ['proxy-tuning', { alpha: -0.1 }, 'alpha'],
    ['nudging', { threshold: -1 }, 'threshold'],
    ['nudging', { system: 3 }, 'system'],
  ])('refuse bad options of %s: %j', (name, options, field) => {
    expect(named(name).complete(options)).toMatchObject({
      left: { _tag: 'BadConfig', kind: 'input', where: name, field },
    })
  })

  it.each(plugins.map((p) => p.name))('%s defends a model and frees what it loaded', async (name) => {
    const freed: string[] = []
    const draft = {
      ...toyModel('draft', words, randomLogits(3, words.size)),
      dispose: () => void freed.push('draft'),
    }
    const defence = await right(named(name).create({}, bench(freed)))
    expect(defence).toMatchObject({ stage: 'decoding', steps: [{ name }] })
    if (defence.stage !== 'decoding') throw new Error('another stage')
    const model = await right(defence.apply(draft))
    const out = await right(
      model.generate(
        ['the cat', 'no'].map((text) => ({ prompt: textPrompt(text) })),
        greedyOf(8),
      ),
    )
    expect(out).toHaveLength(2)
    model.dispose()
    const loaded: Readonly<Record<string, ReadonlyArray<string>>> = {
      alignbeam: ['anchor'],
      'safe-decoding': ['aligned'],
      'safe-decoding-tuned': ['aligned'],
      'anchor-alone': ['anchor'],
      'proxy-tuning': ['aligned', 'base'],
      nudging: ['anchor'],
    }
    expect(freed.sort()).toEqual([...(loaded[name] ?? []), 'draft'].sort())
  })

  it('safe-decoding-tuned trains its expert on the safe rows, at its own rate, and attaches it to the aligned model', async () => {
    const asked: unknown[] = []
    const given: Resources = {
      ...bench([]),
      train: (...request) => (asked.push(request), TE.right(expert)),
      model: (adapter) => (asked.push(adapter), bench([]).model(adapter)),
    }
    const defence = await right(named('safe-decoding-tuned').create({ epochs: 3 }, given))
    if (defence.stage !== 'decoding') throw new Error('another stage')
    expect(asked).toEqual([])
    await right(defence.apply(toyModel('draft', words, randomLogits(3, words.size))))
    expect(asked).toEqual([[given.safe, { lr: 2e-3, epochs: 3 }], expert])
    const none = { ...given, safe: { name: 'safe', examples: [] } }
    expect(await left(named('safe-decoding-tuned').create({}, none))).toMatchObject({
      _tag: 'EmptyData',
      where: 'safe',
    })
  })

  it.each([
    [{}, true],
    [{ beams: 1 }, false],
  ])('alignbeam records what decoding did, with %j', async (options, judged) => {
    const seen: Diagnostics[] = []
    const unreadable: Judge = {
      ...refusalJudge,
      judge: (items) =>
        TE.right(
          items.map(({ id }, i) => ({
            id,
            verdict: { refused: null, harmful: null, degenerate: null, truncated: null },
            pHarmful: null,
            score: i === 0 ? 2 : null,
            raw: '',
          })),
        ),
    }
    const draft = toyModel('draft', words, randomLogits(3, words.size))
    const given = { ...bench([]), judge: unreadable }
    const defence = await right(named('alignbeam').create(options, given, (values) => seen.push(values)))
    if (defence.stage !== 'decoding') throw new Error('another stage')
    const model = await right(defence.apply(draft))
    const ask = (text: string) => right(model.generate([{ prompt: textPrompt(text) }], greedyOf(8)))
    await ask('the cat')
    await ask('no')
    const [first, both] = [seen[0]!, seen[1]!]
    expect([first['prompts'], both['prompts']]).toEqual([1, 2])
    expect(Number(both['steps'])).toBeGreaterThan(Number(first['steps']))
    expect(Number(both['extraForwardPasses'])).toBeGreaterThanOrEqual(Number(both['steps']))
    for (const name of ['mappedMass', 'agreement']) {
      expect(both[name]).toBeGreaterThanOrEqual(0)
      expect(both[name]).toBeLessThanOrEqual(1)
    }
    if (judged) expect(Number(both['nullVerdicts'])).toBe(Number(both['judgedBeams']) - 2)
    else expect(both).not.toHaveProperty('nullVerdicts')
  })

  it('alignbeam is not made to refuse without a judge', async () => {
    const given = bench([])
    expect(E.isRight(await named('alignbeam').create({ 'on-no-safe': 'refuse' }, given)())).toBe(true)
    Reflect.deleteProperty(given, 'judge')
    expect(await left(named('alignbeam').create({ 'on-no-safe': 'refuse' }, given))).toMatchObject({
      _tag: 'BadOption',
      field: 'onNoSafe',
      remedy: 'give a `judge`, or lowest',
    })
  })

  it('guard is not made with a judge that does not report harm', async () => {
    expect(await left(named('guard').create({}, { ...bench([]), judge: refusalJudge }))).toMatchObject({
      _tag: 'BadOption',
      where: 'judge refusal@1',
    })
  })

  it('can be switched off', async () => {
    const draft = toyModel('draft', words, randomLogits(3, words.size))
    const defence = await right(named('alignbeam').create({ enabled: false }, bench([])))
    if (defence.stage !== 'decoding') throw new Error('another stage')
    expect(await right(defence.apply(draft))).toBe(draft)
    expect(isIdentity(defence)).toBe(true)
  })
})
