import * as TE from 'fp-ts/TaskEither'
import { type Workbench, failure, plainRule } from '@safe/tensor-core/contracts'
import { type SelectionRow, decodeOptions, defaults, plugins } from '../src'
import { train } from './support/loop'
import { dataset, model, rows } from './support/world'

const unavailable = TE.left(failure('Unavailable', 'not lent here'))
const empty = dataset('none', [])
const bench: Workbench = {
  seed: 3,
  train: () => unavailable,
  model: () => unavailable,
  anchor: unavailable,
  maxNewTokens: 1,
  safe: empty,
  references: dataset('references', rows(12, 30)),
  baseWeights: unavailable,
  alignedWeights: unavailable,
  judge: { specificationVersion: 1, id: 'none', judge: () => TE.right([]) },
}

const named = (name: string) => plugins.find((p) => p.name === name)!

describe('plugins', () => {
  it('fills in the defaults of the paper', async () => {
    expect(await named('dualselect').complete({ rho: 0.5 })()).toEqual({
      _tag: 'Right',
      right: { ...defaults, rho: 0.5 },
    })
    expect(await named('agem').complete({})()).toMatchObject({
      right: { correction: 'agem', taskFilter: 'none', referenceSet: 'random', refresh: 1 },
    })
  })

  it.each(plugins.map((p) => [p.name, p] as const))('%s trains under its own name', async (name, plugin) => {
    const made = await plugin.create({ kRef: '20%', kTask: 2 }, bench)()
    if (made._tag === 'Left' || made.right.stage !== 'training') throw new Error('was refused')
    expect(made.right.name).toBe(name)
    const on = model()
    const rule = await made.right.apply(plainRule(on.oracle), on.oracle)()
    if (rule._tag === 'Left') throw new Error(rule.left.message)
    const plan = { batchSize: 4, epochs: 1, lr: 0.01, clip: 1 }
    const got = await train(on, rule.right, rows(5, 9), plan)
    expect(got.failed).toBe(false)
    expect(on.alive()).toBe(0)
    const references = got.notes.filter((n) => n['kind'] === 'reference') as unknown as SelectionRow[]
    expect(references.every((r) => r.indices.length === 6)).toBe(true)
    expect(references).toHaveLength({ agem: 3, 'random-drop': 0 }[name] ?? 1)
  })

  it('asks the model for its tokenizer only where a token budget needs it', async () => {
    expect(await named('dualselect').create({ tokenBudget: 0.9 }, bench)()).toMatchObject({
      left: { _tag: 'Unavailable' },
    })
  })
})

describe('decodeOptions', () => {
  it.each([
    [{ rhoo: 1 }, 'unknown option rhoo'],
    [{ rho: -1 }, 'rho must be a number, at least 0, but is -1'],
    [{ refresh: 0 }, 'refresh must be epoch or a whole number, at least 1'],
    [{ kRef: '0%' }, 'kRef must be a whole number, at least 1, or a share such as 10%'],
    [{ mode: 'loud' }, 'mode must be one of hard, soft'],
    [{ tokenBudget: 2 }, 'tokenBudget must be a share above 0, at most 1'],
    [{ tauRef: 0 }, 'tauRef must be a number above 0'],
  ])('refuses %j', (options, said) => {
    const decoded = decodeOptions(options)
    expect(decoded).toMatchObject({ _tag: 'Left', left: { kind: 'input' } })
    if (decoded._tag === 'Left') expect(decoded.left.message).toContain(said)
  })
})
