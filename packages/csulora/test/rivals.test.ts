/** The other methods of the weights stage, against dense torch (tools/golden/csulora_rivals.py) and the laws they must obey. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import {
  type Dataset,
  type Diagnostics,
  type InputNorms,
  type LoraAdapter,
  type LoraModule,
  type Resources,
  failure,
  matrix,
  textExample,
} from '@safe/tensor-core/contracts'
import { freshAdapterConfig, readAdapter } from '@safe/tensor-core/formats'
import { type Dense, fromRows, scale, toMatrix } from '@safe/tensor-core/linalg'
import { antidote, plugins, resta, safemerge } from '../src'
import { pruned } from '../src/rivals/antidote'
import { droppedRescaled } from '../src/rivals/resta'
import {
  adapterOf,
  distance,
  gaussian,
  left,
  memorySource,
  product,
  right,
  temporaryFolder,
  writeAdapterFolder,
} from './world'

// golden values ----------------------------------------------------------------------------------

interface GoldenModule {
  readonly name: string
  readonly base: number[][]
  readonly aligned: number[][]
  readonly B: number[][]
  readonly A: number[][]
  readonly scale: number
  readonly safeB: number[][]
  readonly safeA: number[][]
  readonly safeScale: number
  readonly cosine: number
  readonly merged: boolean
  readonly result: number[][]
}
interface Golden {
  readonly safemerge: ReadonlyArray<{
    readonly name: string
    readonly tau: number
    readonly weight: number
    readonly modules: ReadonlyArray<GoldenModule>
  }>
  readonly antidote: ReadonlyArray<{
    readonly name: string
    readonly share: number
    readonly B: number[][]
    readonly A: number[][]
    readonly input: number[]
    readonly low: number[]
    readonly prunedA: number[][]
    readonly prunedB: number[][]
  }>
  readonly resta: ReadonlyArray<{
    readonly name: string
    readonly gamma: number
    readonly drop: number
    readonly B: number[][]
    readonly A: number[][]
    readonly scale: number
    readonly harmfulB: number[][]
    readonly harmfulA: number[][]
    readonly harmfulScale: number
    readonly keep: boolean[][]
    readonly result: number[][]
  }>
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden/rivals.json'), 'utf8')) as Golden

// world ------------------------------------------------------------------------------------------

const matrixOf = (rows: number[][]) => toMatrix(fromRows(rows))
const moduleOf = (name: string, B: number[][], A: number[][], by: number): LoraModule => ({
  name,
  B: matrixOf(B),
  A: matrixOf(A),
  scale: by,
})
const adapterOfModules = (modules: ReadonlyArray<LoraModule>): LoraAdapter => ({
  modules,
  config: freshAdapterConfig({ rank: 2, alpha: 4, targetModules: modules.map(({ name }) => name) }),
  metadata: {},
  dtype: 'F32',
  extras: [],
})
const update = (m: LoraModule): Dense => scale(m.scale, product(m))
const unused = () => TE.left(failure('Unused', 'not declared, so not used'))
const rows = (name: string): Dataset => ({ name, examples: [textExample('0', 'p', 'r')] })
const none: Dataset = { name: 'none', examples: [] }
const resources: Resources = {
  seed: 7,
  maxNewTokens: 8,
  train: unused,
  model: unused,
  gradients: unused,
  activationNorms: unused,
  anchor: unused(),
  safe: rows('safe'),
  harmful: rows('harmful'),
  references: none,
  counterpart: unused(),
  baseModel: unused(),
  base: unused(),
  aligned: unused(),
  judge: { specificationVersion: 2, id: 'none', axes: [], judge: () => TE.right([]) },
}
/** `train` that gives this adapter, and the names of the data it was asked for. */
const training = (adapter: LoraAdapter) => {
  const asked: string[] = []
  const train: Resources['train'] = (data) => {
    asked.push(data.name)
    return TE.right(adapter)
  }
  return { asked, train }
}
const recording = () => {
  const values: Record<string, unknown> = {}
  return { values, record: (more: Diagnostics) => void Object.assign(values, more) }
}
const factors = (m: number, n: number, r: number, seed: number) => ({
  B: gaussian(m, r, seed),
  A: gaussian(r, n, seed + 1),
})

describe('rivals of the weights stage', () => {
  it.each([
    ['resta', ['seed', 'train', 'harmful'], { gamma: 0.5, drop: 0.9, dare: 'vector' }],
    ['safemerge', ['base', 'aligned', 'train', 'safe'], { tau: 0.35, weight: 0.8 }],
    ['antidote', ['activationNorms', 'harmful'], { share: 0.1 }],
  ] as const)('%s declares its needs, its defaults and how faithful it is', async (name, needs, defaults) => {
    const plugin = plugins.find((p) => p.name === name)!
    expect(plugin.needs).toEqual(needs)
    expect(right(plugin.complete({}))).toEqual(defaults)
    for (const field of ['source', 'formula', 'defaults', 'differs'] as const)
      expect(plugin.fidelity?.[field]).toMatch(/\S/)
    const defence = right(await plugin.create({}, resources)())
    expect(defence).toMatchObject({ stage: 'weights', steps: [{ name, parameters: defaults }] })
  })
})

describe('what rivals are expected to take', () => {
  const size = {
    ...{ rows: 100, safe: 50, references: 0, harmful: 30, steps: 20, stepsOn: (rows: number) => rows / 5 },
    ...{ batchSize: 5, maxNewTokens: 8 },
  }
  it('is the run on safe or harmful rows, once for all strengths, or a pass over the harmful rows for each adapter', () => {
    const work = (name: string, options: Readonly<Record<string, unknown>> = {}) => {
      const plugin = plugins.find((p) => p.name === name)!
      return plugin.work?.(right(plugin.complete(options)), size)
    }
    expect(work('safemerge')).toEqual({ sharedSteps: 10 })
    expect(work('resta')).toEqual({ sharedSteps: 6 })
    expect(work('resta', { gamma: 0 })).toEqual({})
    expect(work('antidote')).toEqual({ scoredRows: 30 })
    expect(work('antidote', { share: 0 })).toEqual({})
  })
})

describe('safemerge', () => {
  it.each(golden.safemerge.map((c) => [c.name, c] as const))('equals dense torch: %s', async (_, c) => {
    const source = (which: 'base' | 'aligned') =>
      TE.right(
        memorySource(
          which,
          Object.fromEntries(c.modules.map((m) => [`${m.name}.weight`, matrixOf(m[which])])),
        ),
      )
    const adapter = adapterOfModules(c.modules.map((m) => moduleOf(m.name, m.B, m.A, m.scale)))
    const { train, asked } = training(
      adapterOfModules(c.modules.map((m) => moduleOf(m.name, m.safeB, m.safeA, m.safeScale))),
    )
    const { values, record } = recording()
    const given = { ...resources, base: source('base'), aligned: source('aligned'), train }
    const done = right(await safemerge({ tau: c.tau, weight: c.weight }, given, record).apply(adapter)())
    expect(asked).toEqual(['safe'])
    c.modules.forEach((m, i) => {
      expect(distance(update(done.modules[i]!), fromRows(m.result))).toBeLessThan(1e-6)
      if (!m.merged) expect(done.modules[i]).toBe(adapter.modules[i])
    })
    const cosines = c.modules.map((m) => m.cosine)
    expect(values).toMatchObject({
      modules: c.modules.length,
      merged: c.modules.filter((m) => m.merged).length,
    })
    expect(values['cosine']).toBeCloseTo(cosines.reduce((a, b) => a + b) / cosines.length, 6)
    // Ranks differ from module to module: the folder must say so.
    const folder = await writeAdapterFolder(temporaryFolder(), 'merged', done)
    const read = right(await readAdapter(folder)())
    done.modules.forEach((m) => {
      const again = read.modules.find(({ name }) => name === m.name)!
      expect(distance(update(again), update(m))).toBeLessThan(1e-6)
    })
  })

  const pair = (shift: number) =>
    memorySource('m', {
      'a.weight': toMatrix(gaussian(6, 5, 1 + shift)),
      'b.weight': toMatrix(gaussian(4, 5, 3 + shift)),
    })
  const adapter = adapterOf({ a: factors(6, 5, 2, 10), b: factors(4, 5, 2, 12) })
  const moved = { base: TE.right(pair(0)), aligned: TE.right(pair(20)) }

  it('trains nothing and changes nothing where no cosine is below tau', async () => {
    const { train, asked } = training(adapter)
    const done = right(await safemerge({ tau: -1 }, { ...resources, ...moved, train }).apply(adapter)())
    expect([done, asked]).toEqual([adapter, []])
  })
  it('at weight 1 changes no update, and merging an adapter with itself changes none at any weight', () =>
    fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1000), async (weight, seed) => {
        const other = adapterOf({ a: factors(6, 5, 3, seed), b: factors(4, 5, 3, seed + 2) })
        for (const [w, safe] of [
          [1, other],
          [weight, adapter],
        ] as const) {
          const given = { ...resources, ...moved, train: training(safe).train }
          const done = right(await safemerge({ tau: 1, weight: w }, given).apply(adapter)())
          done.modules.forEach((m, i) =>
            expect(distance(update(m), update(adapter.modules[i]!))).toBeLessThan(1e-5),
          )
        }
      }),
      { numRuns: 20 },
    ))
  it('takes a module that the safe adapter lacks as unchanged by it', async () => {
    const { train } = training(adapterOf({ a: factors(6, 5, 2, 30) }))
    const done = right(
      await safemerge({ tau: 1, weight: 0.8 }, { ...resources, ...moved, train }).apply(adapter)(),
    )
    expect(distance(update(done.modules[1]!), scale(0.8, update(adapter.modules[1]!)))).toBeLessThan(1e-6)
  })
  it('refuses by name: no safe rows, a module that the alignment did not move, another model', async () => {
    const apply = (given: Partial<Resources>) =>
      safemerge({ tau: 1 }, { ...resources, ...moved, train: training(adapter).train, ...given }).apply(
        adapter,
      )()
    expect(left(await apply({ safe: none }))).toMatchObject({
      _tag: 'EmptyData',
      kind: 'input',
      where: 'safe',
    })
    expect(left(await apply({ base: moved.aligned }))).toMatchObject({ _tag: 'NoDisplacement', where: 'a' })
    const wide = adapterOf({ a: factors(6, 9, 2, 30) })
    expect(left(await apply({ train: training(wide).train }))).toMatchObject({
      _tag: 'AdapterMismatch',
      where: 'the safe adapter',
    })
    expect(plugins.find((p) => p.name === 'safemerge')!.complete({ weight: 2 })).toMatchObject({
      left: { field: 'weight' },
    })
  })
})

describe('resta', () => {
  it.each(golden.resta.map((c) => [c.name, c] as const))(
    'equals dense torch given the drops: %s',
    async (_, c) => {
      const keeps = c.keep.flat()[Symbol.iterator]()
      const harmful = droppedRescaled(
        moduleOf('layer', c.harmfulB, c.harmfulA, c.harmfulScale),
        c.drop,
        () => keeps.next().value === true,
      )
      const adapter = adapterOfModules([moduleOf('layer', c.B, c.A, c.scale)])
      // The vector's own drops are off: those of the reference have been applied.
      const given = { ...resources, train: training(adapterOfModules([harmful])).train }
      const done = right(await resta({ gamma: c.gamma, drop: 0 }, given).apply(adapter)())
      expect(distance(update(done.modules[0]!), fromRows(c.result))).toBeLessThan(1e-6)
    },
  )

  const adapter = adapterOf({ a: factors(6, 5, 2, 10), b: factors(4, 5, 2, 12) })
  const learned = adapterOf({ a: factors(6, 5, 3, 20), b: factors(4, 5, 3, 22) })

  it('without drops subtracts gamma times what harmful rows teach, exactly', () =>
    fc.assert(
      fc.asyncProperty(fc.double({ min: 0.01, max: 2, noNaN: true }), async (gamma) => {
        const { train, asked } = training(learned)
        const done = right(await resta({ gamma, drop: 0 }, { ...resources, train }).apply(adapter)())
        expect(asked).toEqual(['harmful'])
        done.modules.forEach((m, i) => {
          const [own, other] = [update(adapter.modules[i]!), update(learned.modules[i]!)]
          const expected = { ...own, data: own.data.map((x, j) => x - gamma * other.data[j]!) }
          expect(distance(update(m), expected)).toBeLessThan(1e-5)
        })
      }),
      { numRuns: 20 },
    ))
  it('at gamma 0 trains nothing and changes nothing', async () => {
    const { train, asked } = training(learned)
    expect(right(await resta({ gamma: 0 }, { ...resources, train }).apply(adapter)())).toBe(adapter)
    expect(asked).toEqual([])
  })
  it('with dare: update drops entries of the fine-tuned update, and subtracts the whole vector', async () => {
    const { train } = training(learned)
    const done = right(
      await resta({ gamma: 0.5, drop: 0.75, dare: 'update' }, { ...resources, train }).apply(adapter)(),
    )
    done.modules.forEach((m, i) => {
      const [own, harmful] = [adapter.modules[i]!, learned.modules[i]!]
      const size = own.A.data.length
      const kept = [...m.A.data.slice(0, size)]
      expect(kept).toEqual(kept.map((x, j) => (x === 0 ? 0 : Math.fround(own.A.data[j]! / 0.25))))
      expect(kept.some((x) => x === 0) && kept.some((x) => x !== 0)).toBe(true)
      expect([...m.A.data.slice(size)]).toEqual([...harmful.A.data])
      const [sparse, vector] = [
        update({ ...own, A: matrix(own.A.rows, own.A.cols, Float32Array.from(kept)) }),
        update(harmful),
      ]
      const expected = { ...sparse, data: sparse.data.map((x, j) => x - 0.5 * vector.data[j]!) }
      expect(distance(update(m), expected)).toBeLessThan(1e-5)
    })
  })
  it('keeps the safety vector in expectation, with the variance of one drop per term', async () => {
    const one = adapterOf({ a: factors(3, 4, 2, 40) })
    const zero = adapterOf({ a: { B: gaussian(3, 2, 1, 0), A: gaussian(2, 4, 1) } })
    const [seeds, drop] = [4000, 0.75]
    const sum = new Float64Array(12)
    const squares = new Float64Array(12)
    for (let seed = 0; seed < seeds; seed++) {
      const done = right(
        await resta({ gamma: 1, drop }, { ...resources, seed, train: training(one).train }).apply(zero)(),
      )
      update(done.modules[0]!).data.forEach((x, i) => {
        sum[i]! += x / seeds
        squares[i]! += (x * x) / seeds
      })
    }
    const [m] = one.modules
    const expected = update(m!).data
    const terms = (i: number): number => {
      const [row, col] = [Math.floor(i / 4), i % 4]
      return [0, 1].reduce(
        (t, k) => t + (m!.scale * m!.B.data[row * 2 + k]! * m!.A.data[k * 4 + col]!) ** 2,
        0,
      )
    }
    expected.forEach((x, i) => {
      const variance = (drop / (1 - drop)) * terms(i)
      expect(Math.abs(sum[i]! + x)).toBeLessThan(5 * Math.sqrt(variance / seeds) + 1e-6)
      expect(squares[i]! - sum[i]! ** 2).toBeLessThan(1.3 * variance + 1e-6)
      expect(squares[i]! - sum[i]! ** 2).toBeGreaterThan(0.7 * variance - 1e-6)
    })
  })
  it('depends on the seed alone, and records norms', async () => {
    const { values, record } = recording()
    const run = async (seed: number) =>
      right(await resta({}, { ...resources, seed, train: training(learned).train }, record).apply(adapter)())
    const [first, second, other] = [await run(1), await run(1), await run(2)]
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
    expect(first.modules.map((m) => m.A.rows)).toEqual([5, 5])
    expect(Object.keys(values).sort()).toEqual(['droppedNormRatio', 'modules', 'normRatio', 'vectorNorm'])
  })
  it('refuses to do without harmful rows, and to drop everything', async () => {
    const given = { ...resources, harmful: none, train: training(learned).train }
    expect(left(await resta({}, given).apply(adapter)())).toMatchObject({
      _tag: 'EmptyData',
      kind: 'input',
      where: 'harmful',
    })
    expect(left(await resta({ drop: 1 }, given).apply(adapter)())).toMatchObject({
      _tag: 'BadOption',
      field: 'drop',
    })
  })
})

describe('antidote', () => {
  const measuring = (norms: ReadonlyMap<string, InputNorms>) => {
    const asked: string[] = []
    const activationNorms: Resources['activationNorms'] = (_, data) => {
      asked.push(data.name)
      return TE.right(norms)
    }
    return { asked, given: { ...resources, activationNorms } }
  }

  it.each(golden.antidote.map((c) => [c.name, c] as const))('equals dense torch: %s', async (_, c) => {
    const adapter = adapterOfModules([moduleOf('layer', c.B, c.A, 2)])
    const norms = { input: Float32Array.from(c.input), low: Float32Array.from(c.low) }
    const { asked, given } = measuring(new Map([['layer', norms]]))
    const { values, record } = recording()
    const done = right(await antidote({ share: c.share }, given, record).apply(adapter)())
    expect(asked).toEqual(['harmful'])
    expect(done.modules[0]).toEqual(moduleOf('layer', c.prunedB, c.prunedA, 2))
    const count = (x: number[][]) => x.flat().filter((v) => v === 0).length
    expect(values).toMatchObject({
      modules: 1,
      extraForwardPasses: 1,
      zeroed: count(c.prunedA) + count(c.prunedB),
    })
    if (c.share === 1) expect(values['normRatio']).toBe(0)
  })
  it('zeroes as many in each row, of the largest scores, and changes nothing else', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(1000),
        (m, n, share, seed) => {
          const W = toMatrix(gaussian(m, n, seed))
          const norms = gaussian(1, n, seed + 1).data.map(Math.abs)
          const left = pruned(W, norms, share)
          for (let i = 0; i < m; i++) {
            const of = (gone: boolean) =>
              Array.from({ length: n }, (_, j) => j)
                .filter((j) => (left.data[i * n + j] === 0) === gone)
                .map((j) => Math.abs(W.data[i * n + j]!) * norms[j]!)
            expect(of(true)).toHaveLength(n - Math.floor(n * (1 - share)))
            expect(Math.min(Infinity, ...of(true))).toBeGreaterThanOrEqual(Math.max(0, ...of(false)))
          }
          left.data.forEach((x, i) => expect(x === 0 || x === W.data[i]).toBe(true))
        },
      ),
    ))
  const adapter = adapterOf({ a: factors(6, 5, 2, 10) })
  it('at share 0 measures nothing and changes nothing', async () => {
    const { asked, given } = measuring(new Map())
    expect(right(await antidote({ share: 0 }, { ...given, harmful: none }).apply(adapter)())).toBe(adapter)
    expect(asked).toEqual([])
  })
  it('refuses to do without harmful rows, and names a module that was not measured', async () => {
    const { given } = measuring(new Map())
    expect(left(await antidote({}, { ...given, harmful: none }).apply(adapter)())).toMatchObject({
      _tag: 'EmptyData',
      kind: 'input',
      where: 'harmful',
    })
    expect(left(await antidote({}, given).apply(adapter)())).toMatchObject({
      _tag: 'ModelFailed',
      where: 'a',
    })
  })
})
