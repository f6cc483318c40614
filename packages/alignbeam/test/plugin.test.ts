import { type Workbench, textPrompt } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
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
const bench = (freed: string[]): Workbench => ({
  seed: 1,
  train: unused,
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
  safe: { name: 'safe', examples: [] },
  references: { name: 'references', examples: [] },
  baseWeights: unused(),
  alignedWeights: unused(),
  judge: refusalJudge,
})
const named = (name: string) => plugins.find((p) => p.name === name)!

describe('plugins', () => {
  it('are the method and its baselines', () => {
    expect(plugins.map((p) => [p.name, p.stage])).toEqual([
      ['alignbeam', 'decoding'],
      ['safe-decoding', 'decoding'],
      ['prefix', 'decoding'],
      ['system-prompt', 'decoding'],
    ])
  })

  it("fill in the papers' defaults", async () => {
    expect(await right(named('alignbeam').complete({ alpha: 0.4, support: 'union' }))).toMatchObject({
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
    expect(await right(named('safe-decoding').complete({}))).toMatchObject({ alpha: 3, first: 2, common: 5 })
  })

  it.each([
    ['alignbeam', { alpha: 2 }, 'alpha'],
    ['alignbeam', { beams: 0 }, 'beams'],
    ['alignbeam', { support: 'all' }, 'support'],
    ['alignbeam', { alpah: 0.5 }, 'alpah'],
    ['prefix', { prefix: 3 }, 'prefix'],
  ])('refuse bad options of %s: %j', async (name, options, said) => {
    const fault = await left(named(name).complete(options))
    expect(fault).toMatchObject({ _tag: 'BadConfig', kind: 'input' })
    expect(fault.message).toContain(said)
  })

  it.each(plugins.map((p) => p.name))('%s defends a model and frees what it loaded', async (name) => {
    const freed: string[] = []
    const draft = {
      ...toyModel('draft', words, randomLogits(3, words.size)),
      dispose: () => void freed.push('draft'),
    }
    const defence = await right(named(name).create({}, bench(freed)))
    expect(defence).toMatchObject({ stage: 'decoding', name })
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
    const second = { alignbeam: ['anchor'], 'safe-decoding': ['aligned'] }[name] ?? []
    expect(freed.sort()).toEqual([...second, 'draft'].sort())
  })

  it('can be switched off', async () => {
    const draft = toyModel('draft', words, randomLogits(3, words.size))
    const defence = await right(named('alignbeam').create({ enabled: false }, bench([])))
    if (defence.stage !== 'decoding') throw new Error('another stage')
    expect(await right(defence.apply(draft))).toBe(draft)
  })
})
