/** A run repeated from its selection log: the same parameters bit for bit, without scoring. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuleNote } from '@safe/tensor-core/contracts'
import { plainRule } from '@safe/tensor-core/contracts'
import { type DualSelectOptions, type SelectionLog, defaults, dualSelect, readSelectionLog } from '../src'
import { type Plan, type Trained, train } from './support/loop'
import type { LowRank } from './support/lowRank'
import { dataset, defended, model, rows } from './support/world'

const task = rows(11, 20)
const references = dataset('references.jsonl', rows(12, 30))
const plan: Plan = { batchSize: 6, epochs: 2, lr: 0.02, clip: 1 }
const small: DualSelectOptions = { ...defaults, warmupSteps: 2, kRef: 5, kTask: 3 }
const folder = mkdtempSync(join(tmpdir(), 'replay-'))

const run = async (
  options: DualSelectOptions,
  on: LowRank,
  replay?: SelectionLog,
  data = task,
): Promise<Trained> => {
  const resources = { references, ...(replay === undefined ? {} : { replay }) }
  return train(on, await defended(dualSelect(options, resources), on), data, plan)
}

const written = async (notes: ReadonlyArray<RuleNote>): Promise<SelectionLog> => {
  const path = join(folder, `${Math.random()}.jsonl`)
  writeFileSync(path, notes.map((note) => `${JSON.stringify(note)}\n`).join(''))
  const read = await readSelectionLog(path)()
  if (read._tag === 'Left') throw new Error(read.left.message)
  return read.right
}

const selections = (notes: ReadonlyArray<RuleNote>): ReadonlyArray<RuleNote> =>
  notes.filter((n) => n['kind'] !== 'warning')

describe('replay', () => {
  const variants: ReadonlyArray<Partial<DualSelectOptions>> = [
    {},
    { mode: 'soft', refresh: 3, normalise: 'zscore' },
    { correction: 'agem', referenceSet: 'random', taskFilter: 'none', refresh: 1 },
    { referenceSet: 'uniform', taskFilter: 'random' },
    { budget: 'paper', tokenBudget: 0.5, taskDirection: 'running', refresh: 2 },
    { rho: 0, taskFilter: 'none' },
  ]
  it.each(variants)(
    '%j: the same parameters and the same log, nothing scored, nothing left',
    async (change) => {
      for (const noisy of [false, true]) {
        const options = { ...small, ...change }
        const tokens = { countTokens: () => 1 }
        const first = model({ noisy })
        const made = await train(
          first,
          await defended(dualSelect(options, { references, ...tokens }), first),
          task,
          plan,
        )
        const log = await written(made.notes)
        const again = model({ noisy })
        const rule = await defended(dualSelect(options, { references, replay: log, ...tokens }), again)
        const repeated = await train(again, rule, task, { ...plan, roundTripAt: [] })
        expect(repeated.failed).toBe(false)
        expect(repeated.theta).toEqual(made.theta)
        expect(repeated.notes).toEqual(JSON.parse(JSON.stringify(selections(made.notes))) as unknown)
        expect(again.calls.losses).toBe(0)
        if (options.referenceSet === 'selected' && options.taskFilter === 'scored')
          // One pass per batch without dropout, none with: the pool is never measured.
          expect(again.calls.gradients).toBe(noisy ? 0 : 8)
        expect(again.alive()).toBe(0)
      }
    },
  )

  it('frees every vector where the model fails at any call', async () => {
    const made = await run({ ...small, refresh: 3 }, model())
    const log = await written(made.notes)
    const whole = model()
    await run({ ...small, refresh: 3 }, whole, log)
    const total = whole.calls.gradients + whole.calls.mean
    for (let failAt = 0; failAt < total; failAt++) {
      const on = model({ failAt })
      expect((await run({ ...small, refresh: 3 }, on, log)).failed).toBe(true)
      expect(on.alive()).toBe(0)
    }
  })
})

describe('a log that does not fit', () => {
  const refused = async (
    options: Partial<DualSelectOptions>,
    edit: (notes: ReadonlyArray<RuleNote>) => ReadonlyArray<RuleNote> = (notes) => notes,
  ): Promise<string> => {
    const made = await run(small, model())
    const log = await written(edit(made.notes))
    const on = model()
    const applied = await dualSelect({ ...small, ...options }, { references, replay: log }).apply(
      plainRule(on.oracle),
      on.oracle,
    )()
    if (applied._tag === 'Left') {
      expect(applied.left).toMatchObject({ _tag: 'ReplayMismatch', kind: 'input' })
      return String(applied.left.field)
    }
    const trained = await train(on, applied.right, task, plan)
    expect(on.alive()).toBe(0)
    return trained.failed ? 'while training' : 'not at all'
  }
  it.each([
    [{ kRef: 6 }, 'kRef'],
    [{ budget: 'paper', tokenBudget: 0.9 }, 'TokenCountMissing'],
    [{ kTask: 2 }, 'kTask'],
    [{ warmupSteps: 3 }, 'warmupSteps'],
    [{ correction: 'none', taskFilter: 'random' }, 'correction'],
    [{ taskFilter: 'none' }, 'taskFilter'],
    [{ refresh: 3 }, 'while training'],
    [{}, 'not at all'],
  ] as const)('%j: refused by %s', async (options, by) => {
    if (by === 'TokenCountMissing') {
      const on = model()
      const applied = await dualSelect(options, { references }).apply(plainRule(on.oracle), on.oracle)()
      expect(applied).toMatchObject({ left: { _tag: by } })
    } else expect(await refused(options)).toBe(by)
  })

  it('soft weights under hard selection, references that the file lacks', async () => {
    const change =
      (part: 'indices' | 'weights', values: ReadonlyArray<number>) => (notes: ReadonlyArray<RuleNote>) =>
        notes.map((n) => (n['kind'] === 'reference' ? { ...n, [part]: values } : n))
    expect(await refused({}, change('weights', [0.4, 0.15, 0.15, 0.15, 0.15]))).toBe('mode')
    expect(await refused({}, change('indices', [0, 1, 2, 3, 77]))).toBe('references')
  })

  it('other task rows, and a log that ends too early, are found at their step', async () => {
    const made = await run(small, model())
    const step = async (log: SelectionLog, data = task): Promise<unknown> => {
      const on = model()
      const rule = await defended(dualSelect(small, { references, replay: log }), on)
      const order = [...data.keys()].map((i) => (i + 7) % data.length)
      const start = await rule.step(rule.initial, {
        phase: 'train',
        epoch: 0,
        step: 2,
        trainingSteps: 12,
        epochStart: true,
        batch: order.slice(0, 6).map((i) => data[i]!),
        indices: order.slice(0, 6),
        parameters: on.oracle.space.zero,
      })()
      return start
    }
    expect(await step(await written(made.notes))).toMatchObject({
      left: {
        _tag: 'ReplayMismatch',
        field: 'task',
        message: expect.stringContaining('is not in a batch of step 2') as string,
      },
    })
    expect(await step(await written(made.notes.slice(0, 1)))).toMatchObject({
      left: { field: 'maxSteps', message: expect.stringContaining('no rows for step 2') as string },
    })
  })

  it.each([
    ['{"epoch":0,"step":1,"kind":"task","indices":[1],"weights":[1,0]}', 'holds 1 rows and 2 weights'],
    ['{"epoch":0,"step":1,"kind":"task","indices":[1,1],"weights":[0.5,0.5]}', 'selects a row twice'],
    ['{"epoch":0,"step":1,"kind":"task","indices":[1,2],"weights":[0.5,0.4]}', 'do not sum to 1'],
    ['{"epoch":0,"step":1,"kind":"other","indices":[1],"weights":[1]}', 'reference or task'],
    ['{"epoch":0,"step":-1,"kind":"task","indices":[1],"weights":[1]}', 'a whole number'],
  ])('%s is no selection', async (line, said) => {
    const path = join(folder, 'broken.jsonl')
    writeFileSync(path, `${line}\n`)
    expect(await readSelectionLog(path)()).toMatchObject({
      left: { kind: 'input', where: `${path}:1`, message: expect.stringContaining(said) as string },
    })
  })
})
