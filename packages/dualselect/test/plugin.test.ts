import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type Diagnostics,
  type Resources,
  defenceName,
  failure,
  plainRule,
  pluginVersion,
} from '@safe/tensor-core/contracts'
import { type SelectionRow, defaults, dualSelect, plugins } from '../src'
import { jaccard, observed } from '../src/diagnostics'
import { train } from './support/loop'
import { dataset, model, rows } from './support/world'

const unavailable = TE.left(failure('Unavailable', 'not provided here'))
const empty = dataset('none', [])
const resources: Resources = {
  seed: 3,
  train: () => unavailable,
  model: () => unavailable,
  gradients: () => unavailable,
  activationNorms: () => unavailable,
  anchor: unavailable,
  maxNewTokens: 1,
  safe: empty,
  harmful: empty,
  references: dataset('references', rows(12, 30)),
  counterpart: TE.left(failure('Unused', 'not declared, so not used')),
  baseModel: unavailable,
  base: unavailable,
  aligned: unavailable,
  judge: { specificationVersion: 2, id: 'none', axes: [], judge: () => TE.right([]) },
}

/** DualSelect and its controls; the rivals have tests of their own. */
const own = plugins.slice(0, 4)

const named = (name: string) => plugins.find((p) => p.name === name)!

describe('plugins', () => {
  it('declare what they need: random-drop no references', () => {
    expect(plugins.map((p) => [p.name, p.specificationVersion, p.stage, p.needs])).toEqual([
      ['dualselect', pluginVersion, 'training', ['references', 'seed', 'model']],
      ['random-references', pluginVersion, 'training', ['references', 'seed', 'model']],
      ['random-drop', pluginVersion, 'training', ['seed', 'model']],
      ['agem', pluginVersion, 'training', ['references', 'seed', 'model']],
      ['safegrad', pluginVersion, 'training', ['safe', 'seed']],
      ['safety-after', pluginVersion, 'training', ['safe', 'seed']],
      ['constrained-sft', pluginVersion, 'training', []],
      ['lisa', pluginVersion, 'training', ['safe', 'seed']],
      ['ema', pluginVersion, 'training', []],
    ])
  })

  it('expect passes over the pool at each refresh, and none without references', () => {
    const size = {
      rows: 100,
      safe: 0,
      references: 64,
      harmful: 0,
      steps: 30,
      stepsOn: () => 30,
      batchSize: 10,
      maxNewTokens: 8,
    }
    const expected = (name: string, options: Record<string, unknown>) => named(name).work?.(options, size)
    // 30 steps are 3 epochs of 10: three refreshes of 64 references, in batches of 10
    expect(expected('dualselect', {})).toEqual({ trainingSteps: 19 })
    expect(expected('dualselect', { refresh: 5 })).toEqual({ trainingSteps: 38 })
    expect(expected('dualselect', { correction: 'none', taskFilter: 'none' })).toEqual({})
    expect(expected('random-drop', {})).toBeUndefined()
    expect(expected('dualselect', { refresh: 'never' })).toEqual({})
  })

  it('say how faithful they are', () => {
    for (const { fidelity } of plugins)
      for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
        expect(fidelity?.[field]).toMatch(/\S/)
    expect(named('agem').fidelity?.source).toContain('1812.00420')
  })

  it('fill in the defaults of the paper, and those of a control', () => {
    const { tokenBudget, ...paper } = defaults
    expect(tokenBudget).toBeUndefined()
    expect(named('dualselect').complete({ rho: 0.5 })).toEqual(E.right({ ...paper, rho: 0.5 }))
    expect(named('random-references').complete({})).toEqual(E.right({ ...paper, referenceSet: 'random' }))
    expect(named('random-drop').complete({})).toEqual(
      E.right({ ...paper, taskFilter: 'random', correction: 'none' }),
    )
    expect(named('agem').complete({ 'k-ref': 4 })).toEqual(
      E.right({
        ...paper,
        correction: 'agem',
        taskFilter: 'none',
        referenceSet: 'random',
        refresh: 1,
        warmupSteps: 0,
        kRef: 4,
      }),
    )
  })

  it.each(own.map((p) => [p.name, p] as const))('%s trains under its own name', async (name, plugin) => {
    const made = await plugin.create({ kRef: '20%', kTask: 2 }, resources)()
    if (made._tag === 'Left' || made.right.stage !== 'training') throw new Error('was refused')
    expect(defenceName(made.right)).toBe(name)
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

  it.each([
    // one refresh: 30 rows of the pool, then the 6 selected; a check of those two steps later; the batches' own passes are shared
    ['dualselect', { selections: 1, references: 6, rowsKept: 5 / 9, extraForwardPasses: 30 + 6 + 6 }],
    ['random-references', { selections: 1, references: 6, rowsKept: 5 / 9, extraForwardPasses: 6 + 6 }],
    ['random-drop', { rowsKept: 5 / 9, extraForwardPasses: 0 }],
    ['agem', { selections: 3, extraForwardPasses: 3 * 6 }],
  ])('%s records what it selected and what that cost', async (name, expected) => {
    const seen: Diagnostics[] = []
    const made = await named(name).create({ kRef: '20%', kTask: 2 }, resources, (v) => seen.push(v))()
    if (made._tag === 'Left' || made.right.stage !== 'training') throw new Error('was refused')
    const on = model()
    const rule = await made.right.apply(plainRule(on.oracle), on.oracle)()
    if (rule._tag === 'Left') throw new Error(rule.left.message)
    const got = await train(on, rule.right, rows(5, 9), { batchSize: 4, epochs: 1, lr: 0.01, clip: 1 })
    expect(seen.at(-1)).toMatchObject(expected)
    const sets = got.notes
      .filter((n) => n['kind'] === 'reference')
      .map((n) => new Set(n['indices'] as ReadonlyArray<number>))
    const overlaps = sets.slice(1).map((set, i) => jaccard(sets[i]!, set))
    const mean = overlaps.length === 0 ? null : overlaps.reduce((a, b) => a + b) / overlaps.length
    if (sets.length > 0) expect(seen.at(-1)!['meanOverlap']).toEqual(mean)
    else expect(seen.at(-1)).not.toHaveProperty('conflictingSteps')
  })

  it('records the response tokens kept where they can be counted, and steps against the references', async () => {
    const tally: Diagnostics[] = []
    const on = model()
    const defence = observed(
      (onCorrection) =>
        dualSelect(
          { warmupSteps: 1, kRef: 6, tokenBudget: 0.5 },
          { references: dataset('r', rows(12, 30)), countTokens: () => 2, onCorrection },
        ),
      { record: (values) => tally.push(values), countTokens: () => 2 },
    )
    const rule = await defence.apply(plainRule(on.oracle), on.oracle)()
    if (rule._tag === 'Left') throw new Error(rule.left.message)
    await train(on, rule.right, rows(5, 8), { batchSize: 4, epochs: 1, lr: 0.01, clip: 1 })
    expect(tally.at(-1)).toMatchObject({ rowsKept: 0.5, responseTokensKept: 0.5 })
    expect([0, 0.5, 1]).toContain(tally.at(-1)!['conflictingSteps'])
  })

  it('does not count the choices of a rule inside as its own', async () => {
    const last: Diagnostics[] = []
    const references = dataset('r', rows(12, 30))
    const inner = dualSelect({ warmupSteps: 1, kRef: 6, kTask: 4 }, { references })
    const outer = observed(() => dualSelect({ correction: 'none', taskFilter: 'none' }, { references }), {
      record: (values) => last.push(values),
    })
    const on = model()
    const ruleInside = await inner.apply(plainRule(on.oracle), on.oracle)()
    if (ruleInside._tag === 'Left') throw new Error(ruleInside.left.message)
    const rule = await outer.apply(ruleInside.right, on.oracle)()
    if (rule._tag === 'Left') throw new Error(rule.left.message)
    const got = await train(on, rule.right, rows(5, 8), { batchSize: 4, epochs: 1, lr: 0.01, clip: 1 })
    expect(got.notes.length).toBeGreaterThan(0)
    expect(last.at(-1)).toEqual({ extraForwardPasses: 0 })
  })

  it('measures overlap as Jaccard', () => {
    expect(jaccard(new Set([1, 2, 3]), new Set([2, 3, 4]))).toBe(0.5)
    expect(jaccard(new Set(), new Set())).toBe(1)
    expect(jaccard(new Set([1]), new Set([2]))).toBe(0)
  })

  it('random-drop refuses options that need references', async () => {
    const made = await named('random-drop').create({ correction: 'additive' }, resources)()
    if (made._tag === 'Left' || made.right.stage !== 'training') throw new Error('was refused')
    const on = model()
    expect(await made.right.apply(plainRule(on.oracle), on.oracle)()).toMatchObject({
      left: { _tag: 'EmptyReferences', where: 'the references of random-drop' },
    })
  })

  it('load the model for its tokenizer only where a token budget needs it', async () => {
    expect(await named('dualselect').create({ tokenBudget: 0.9 }, resources)()).toMatchObject({
      left: { _tag: 'Unavailable' },
    })
  })

  it.each([
    [{ rhoo: 1 }, 'rhoo', 'is not an option; use mode, warmup-steps, refresh'],
    [{ rho: -1 }, 'rho', 'must be a number, at least 0, but is -1'],
    [{ refresh: 0 }, 'refresh', 'must be epoch or a whole number, at least 1'],
    [{ kRef: '0%' }, 'kRef', 'must be a whole number, at least 1, or a share such as 10%'],
    [{ mode: 'loud' }, 'mode', 'must be one of hard, soft'],
    [{ tokenBudget: 2 }, 'tokenBudget', 'must be a number, above 0, at most 1'],
    [{ tauRef: 0 }, 'tauRef', 'must be a number, above 0'],
  ])('refuse %j', (options, field, said) => {
    const decoded = named('dualselect').complete(options)
    expect(decoded).toMatchObject({ _tag: 'Left', left: { kind: 'input', field, where: 'dualselect' } })
    if (decoded._tag === 'Left') expect(decoded.left.message).toContain(said)
  })
})
