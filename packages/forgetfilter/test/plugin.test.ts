import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import {
  type CausalLM,
  type Dataset,
  type Diagnostics,
  type LoraAdapter,
  type RecipeChanges,
  type Resources,
  badInput,
  failure,
  promptText,
  responseText,
  textExample,
} from '@safe/tensor-core/contracts'
import { refusalJudge } from '@safe/tensor-core/judges'
import { forgetFilter, plugins, randomDrop } from '../src'

const dataset = (name: string, ...rows: ReadonlyArray<readonly [string, string]>): Dataset => ({
  name,
  examples: rows.map(([p, r], i) => textExample(`${name}${i}`, p, r)),
})
const noisy = dataset('noisy', ['good', 'fine answer here'], ['harm', 'evil plan'], ['good 2', 'other words'])
const safe = dataset('safe', ['harm z', 'no'])
const unused = () => TE.left(failure('Unused', 'not declared, so not used'))

/** M1 knows every answer, M2 (trained from an adapter) refuses what is called harm. */
const world = () => {
  const diary = {
    trainings: new Array<{ data: string; changes: RecipeChanges | undefined; from: boolean }>(),
    open: 0,
  }
  const adapter = (m: string): LoraAdapter => ({
    modules: [],
    config: { m },
    metadata: {},
    dtype: 'F32',
    extras: [],
  })
  const model = (m: unknown): Partial<CausalLM> => ({
    generate: (requests) =>
      TE.right(
        requests.map(({ prompt: p }) => {
          const known = noisy.examples.find((e) => promptText(e.prompt) === promptText(p))
          const forgets = m === 'M2' && promptText(p).startsWith('harm')
          return {
            tokens: [],
            text: forgets || known === undefined ? 'no' : responseText(known.response),
            finishReason: 'stop',
          }
        }),
      ),
    score: (examples) =>
      TE.right(
        examples.map((e) => ({
          id: e.id,
          tokens: [1],
          logProbs: [m === 'M2' && promptText(e.prompt).startsWith('harm') ? -9 : -0.1],
          correct: [true],
          nll: 0,
        })),
      ),
    dispose: () => (diary.open -= 1),
  })
  const resources: Resources = {
    seed: 5,
    maxNewTokens: 8,
    safe,
    train: (data, changes, init) => {
      diary.trainings.push({ data: data.name, changes, from: init !== undefined })
      return TE.right(adapter(init === undefined ? 'M1' : 'M2'))
    },
    model: (a) => {
      diary.open += 1
      return TE.right(model(a?.config['m']) as CausalLM)
    },
    gradients: unused,
    activationNorms: unused,
    base: unused(),
    baseModel: unused(),
    aligned: unused(),
    anchor: unused(),
    references: dataset('references'),
    harmful: dataset('harmful'),
    counterpart: unused(),
    judge: refusalJudge,
  }
  return { diary, resources }
}

const plugin = (name: string) => plugins.find((p) => p.name === name)!
const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const apply = async (
  name: string,
  options: Record<string, unknown>,
  resources: Resources,
): Promise<Dataset> => {
  const defence = right(await plugin(name).create(options, resources)())
  if (defence.stage !== 'data') throw new Error(defence.stage)
  return right(await defence.apply(noisy)())
}

describe('the forgetfilter plugin', () => {
  it('expects the safe phase, and two observations of the rows by its signal', () => {
    const size = {
      rows: 100,
      safe: 50,
      references: 0,
      harmful: 0,
      steps: 30,
      stepsOn: () => 30,
      batchSize: 10,
      maxNewTokens: 8,
    }
    const both = { undefendedRun: true, sharedSteps: 40 }
    const work = plugins.find((p) => p.name === 'forgetfilter')?.work
    expect(work?.({ steps: 40 }, size)).toEqual({ ...both, completions: 200 })
    expect(work?.({ steps: 40, signal: 'nll', phi: 2 }, size)).toEqual({ ...both, scoredRows: 200 })
  })

  it.each(['rouge', 'token-accuracy', 'probability', 'nll', 'first-token', 'max-token'])(
    'with %s trains M1, then M2 from it on the safe rows, and frees both models',
    async (signal) => {
      const { diary, resources } = world()
      // The default phi is on the scale from 0 to 1, which log-probabilities are not.
      const phi = signal === 'nll' || signal === 'max-token' ? 1 : 0.1
      const kept = await apply('forgetfilter', { signal, phi, steps: 50, lr: 0.001 }, resources)
      expect(diary.trainings).toEqual([
        { data: 'noisy', changes: undefined, from: false },
        { data: 'safe', changes: { maxSteps: 50, lr: 0.001 }, from: true },
      ])
      expect(diary.open).toBe(0)
      // Teacher-forced accuracy of the fake never falls: nothing is forgotten by that signal.
      expect(kept.examples.map((e) => e.raw)).toEqual(
        noisy.examples.filter((_, i) => signal === 'token-accuracy' || i !== 1).map((e) => e.raw),
      )
    },
  )

  it("fills in the paper's values, and completing twice changes nothing", () => {
    const complete = (o: Record<string, unknown>) => right(plugin('forgetfilter').complete(o))
    expect(complete({})).toEqual({ phi: 0.1, signal: 'rouge', steps: 1000, indeterminate: 'keep' })
    const otsu = complete({ method: 'otsu', lr: 1e-3 })
    expect(otsu).toEqual({ method: 'otsu', lr: 1e-3, signal: 'rouge', steps: 1000, indeterminate: 'keep' })
    expect(complete(otsu)).toEqual(otsu)
    expect(complete({ 'min-learned': 0.5 })).toMatchObject({ minLearned: 0.5 })
    // In YAML, `method: null` has no text.
    expect(complete({ method: null, alpha: 0.1 })).toMatchObject({ method: 'null', alpha: 0.1 })
  })

  it.each([
    [{ signal: 'nll' }, 'phi', 'must be chosen for the signal nll'],
    [{ alpha: 0.1 }, 'alpha', 'is for `method` null and auto'],
    [{ phi: 0.1, method: 'otsu' }, 'method', 'give either `phi` or `method`'],
    [{ signal: 'loud' }, 'signal', 'must be one of rouge'],
    [{ steps: 0 }, 'steps', 'must be a whole number'],
    [{ ph: 0.2 }, 'ph', 'is not an option; use signal, phi'],
  ])('refuses %j by its field', (options, field, said) => {
    const e = plugin('forgetfilter').complete(options)
    expect(E.isLeft(e) && e.left).toMatchObject({
      kind: 'input',
      where: 'forgetfilter',
      field,
      message: expect.stringContaining(said) as string,
    })
  })

  it('say how faithful they are', () => {
    for (const { fidelity } of plugins)
      for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
        expect(fidelity?.[field]).toMatch(/\S/)
    expect(plugin('forgetfilter').fidelity?.source).toContain('2312.12736')
  })

  it('declares what it uses, and the control its seed', () => {
    expect(plugins.slice(0, 2).map(({ name, needs }) => [name, needs])).toEqual([
      ['forgetfilter', ['train', 'model', 'safe', 'maxNewTokens']],
      ['random-drop', ['seed', 'counterpart']],
    ])
  })

  it('frees a model whose observation fails, and returns the fault', async () => {
    const { diary, resources } = world()
    const broken: Partial<CausalLM> = {
      generate: () => TE.left(badInput('BadRow', 'no')),
      dispose: () => (diary.open += 10),
    }
    const failing: Resources = { ...resources, model: () => TE.right(broken as CausalLM) }
    const defence = right(await plugin('forgetfilter').create({}, failing)())
    if (defence.stage !== 'data') throw new Error(defence.stage)
    expect(await defence.apply(noisy)()).toMatchObject({ _tag: 'Left', left: { message: 'no' } })
    expect(diary.open).toBe(10)
  })
})

describe('what the plugins record', () => {
  const labelled: Dataset = {
    ...noisy,
    examples: noisy.examples.map((e, i) => ({ ...e, fields: { unsafe: i === 1 ? 1 : 0 } })),
  }
  const recorded = async (name: string, options: Record<string, unknown>, data: Dataset) => {
    const values: Record<string, unknown> = {}
    const take = (more: Diagnostics): void => void Object.assign(values, more)
    const defence = right(await plugin(name).create(options, world().resources, take)())
    if (defence.stage !== 'data') throw new Error(defence.stage)
    const kept = right(await defence.apply(data)())
    return { values, kept: kept.examples.map((e) => e.id) }
  }

  it('is rows, threshold and quality against labels', async () => {
    const { values } = await recorded('forgetfilter', {}, labelled)
    expect(values).toEqual({
      rows: 3,
      kept: 2,
      dropped: 1,
      indeterminate: 0,
      threshold: 0.1,
      labelled: 3,
      unsafe: 1,
      precision: 1,
      recall: 1,
      f1: 1,
    })
  })

  it('has no quality without labels, and a ratio that is undefined is null', async () => {
    expect((await recorded('random-drop', { share: 0 }, noisy)).values).toEqual({
      rows: 3,
      kept: 3,
      dropped: 0,
    })
    expect((await recorded('random-drop', { share: 0 }, labelled)).values).toMatchObject({
      precision: null,
      recall: 0,
      f1: 0,
    })
  })

  it('never decides anything: with labels turned around the same rows are kept', async () => {
    const turned = {
      ...labelled,
      examples: labelled.examples.map((e) => ({ ...e, fields: { unsafe: e.fields['unsafe'] === 0 } })),
    }
    const [one, two] = [
      await recorded('forgetfilter', {}, labelled),
      await recorded('forgetfilter', {}, turned),
    ]
    expect(two.kept).toEqual(one.kept)
    expect(two.values).toMatchObject({ unsafe: 2, precision: 0, recall: 0 })
  })
})

describe('forgetFilter', () => {
  it('is one applied method with complete parameters', () =>
    expect(forgetFilter({ lr: 0.01 }, world().resources).steps).toEqual([
      {
        name: 'forgetfilter',
        parameters: { phi: 0.1, signal: 'rouge', steps: 1000, lr: 0.01, indeterminate: 'keep' },
      },
    ]))

  it('names the field of a bad option before anything is trained', async () => {
    const { diary, resources } = world()
    expect(await forgetFilter({ steps: 0 }, resources).apply(noisy)()).toMatchObject({
      left: { _tag: 'BadOption', field: 'steps' },
    })
    expect(diary.trainings).toEqual([])
  })

  it('has a method replace phi', () =>
    expect(forgetFilter({ phi: 0.3, method: 'otsu' }, world().resources).steps[0]?.parameters).toEqual({
      method: 'otsu',
      signal: 'rouge',
      steps: 1000,
      indeterminate: 'keep',
    }))

  it('ends in the fault of what trains, by its own type', async () => {
    const { resources } = world()
    const defence = forgetFilter({}, { ...resources, train: () => TE.left(failure('NoSpace', 'full')) })
    expect(await defence.apply(noisy)()).toMatchObject({ left: { _tag: 'NoSpace' } })
  })

  it('drops by canaries that are marked in the data, and keeps them out of the result', async () => {
    const { resources } = world()
    const marked = {
      name: 'noisy',
      examples: [
        ...noisy.examples,
        ...Array.from({ length: 19 }, (_, i) =>
          textExample(`c${i}`, 'good', 'fine answer here', { canary: 1 }),
        ),
      ],
    }
    const recorded: Record<string, unknown> = {}
    const defence = forgetFilter({ method: 'null' }, resources, (d) => void Object.assign(recorded, d))
    const left = right(await defence.apply(marked)())
    expect(left.examples.map(({ id }) => id)).toEqual(['noisy0', 'noisy2'])
    expect(recorded).toMatchObject({ rows: 3, kept: 2, dropped: 1, threshold: 0, canaries: 19 })
    const given = forgetFilter(
      { method: 'null' },
      { ...resources, canaries: { name: 'c', examples: marked.examples.slice(3) } },
    )
    expect(right(await given.apply(noisy)()).examples.map(({ id }) => id)).toEqual(['noisy0', 'noisy2'])
  })

  it('refuses null without canaries before anything is trained', async () => {
    const { diary, resources } = world()
    expect(await forgetFilter({ method: 'null' }, resources).apply(noisy)()).toMatchObject({
      left: { _tag: 'BadOption', field: 'method' },
    })
    expect(diary.trainings).toEqual([])
  })

  it('keeps all rows where auto finds nothing, and records why', async () => {
    const recorded: Record<string, unknown> = {}
    const defence = forgetFilter(
      { method: 'auto' },
      world().resources,
      (d) => void Object.assign(recorded, d),
    )
    expect(right(await defence.apply(noisy)()).examples).toHaveLength(3)
    expect(recorded).toMatchObject({
      threshold: null,
      dropped: 0,
      abstained: expect.stringContaining('gmm') as string,
    })
  })

  it('abstains where nothing separates the rates', async () => {
    const { resources } = world()
    const defence = forgetFilter({ method: 'otsu', signal: 'token-accuracy' }, resources)
    expect(await defence.apply(noisy)()).toMatchObject({ left: { _tag: 'Abstained', kind: 'failure' } })
  })
})

describe('random-drop', () => {
  it('drops the share, keeps order, and depends on the seed alone', () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        async (n, share, seed) => {
          const data = dataset('d', ...Array.from({ length: n }, (_, i) => [String(i), 'r'] as const))
          const one = right(await randomDrop({ share }, { seed }).apply(data)())
          expect(one.examples).toHaveLength(n - Math.round(share * n))
          expect(right(await randomDrop({ share }, { seed }).apply(data)())).toEqual(one)
          const places = one.examples.map((e) => data.examples.indexOf(e))
          expect(places).toEqual([...places].sort((a, b) => a - b))
        },
      ),
    ))

  it('drops nothing beside a method that adds rows', async () => {
    const more = dataset('more', ...noisy.examples.map(() => ['p', 'r'] as const), ['p', 'r'])
    const counterpart = TE.right(more)
    expect(right(await randomDrop({}, { seed: 1, counterpart }).apply(noisy)())).toEqual(noisy)
  })

  it('is a plugin with one option', async () => {
    expect((await apply('random-drop', { share: 1 / 3 }, world().resources)).examples).toHaveLength(2)
    expect(plugin('random-drop').complete({})).toEqual(E.right({}))
    expect(E.isLeft(plugin('random-drop').complete({ share: 2 }))).toBe(true)
    expect(await randomDrop({ share: 2 }, { seed: 1 }).apply(noisy)()).toMatchObject({
      left: { _tag: 'BadOption', field: 'share' },
    })
  })
})
