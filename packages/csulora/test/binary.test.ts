import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runBinary } from '@safe/tensor-core/cli'
import type { Matrix } from '@safe/tensor-core/contracts'
import { openWeights, readAdapter } from '@safe/tensor-core/formats'
import { fromRows, toMatrix } from '@safe/tensor-core/linalg'
import { type Report, binary } from '../src'
import { golden } from './golden'
import {
  adapterOf,
  distance,
  gaussian,
  product,
  right,
  temporaryFolder,
  writeAdapterFolder,
  writeCheckpoint,
} from './world'

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const said = { out: '', err: '' }
  const code = await runBinary(binary, [...argv, '--quiet'], {
    stdout: (s) => (said.out += s),
    stderr: (s) => (said.err += s),
  })
  return { code, ...said }
}

const [q, v] = ['model.layers.0.self_attn.q_proj', 'model.layers.0.self_attn.v_proj']
const weights = (seed: number): Record<string, Matrix> => ({
  [`${q}.weight`]: toMatrix(gaussian(24, 16, seed, 0.1)),
  [`${v}.weight`]: toMatrix(gaussian(8, 16, seed + 1, 0.1)),
  'model.norm.weight': toMatrix(gaussian(1, 16, seed)),
})
const adapter = adapterOf({
  [q]: { B: gaussian(24, 4, 1), A: gaussian(4, 16, 2) },
  [v]: { B: gaussian(8, 4, 3), A: gaussian(4, 16, 4) },
})

const world = async () => {
  const folder = temporaryFolder()
  return {
    folder,
    adapter: await writeAdapterFolder(folder, 'adapter', adapter),
    base: await writeCheckpoint(folder, 'base', weights(10)),
    aligned: await writeCheckpoint(folder, 'aligned', weights(20)),
    out: join(folder, 'out'),
    report: join(folder, 'report.json'),
  }
}
type World = Awaited<ReturnType<typeof world>>
const flags = (w: World, ...more: string[]): string[] => [
  '--adapter',
  w.adapter,
  '--base',
  w.base,
  '--aligned',
  w.aligned,
  '--out',
  w.out,
  ...more,
]

describe('csulora, the command', () => {
  it('writes a corrected adapter and a report', async () => {
    const w = await world()
    const { code, out, err } = await run(...flags(w, '--report', w.report, '--json'))
    expect(err).toBe('')
    expect(code).toBe(0)
    const report = JSON.parse(readFileSync(w.report, 'utf8')) as Report
    expect(JSON.parse(out)).toEqual(report)
    expect(report).toMatchObject({ method: 'csulora', energy: 0.95, beta: 0.05 })
    expect(report.peakBytes).toBeGreaterThan(1e6)
    expect(report.modules.map((m) => [m.name, m.shape])).toEqual([
      [q, [24, 16]],
      [v, [8, 16]],
    ])
    for (const m of report.modules) {
      const { LR, Lp, pR, pp } = m.energies!
      expect(Object.keys(m.energies!)).toEqual(['LR', 'Lp', 'pR', 'pp'])
      expect(LR + Lp + pR + pp).toBeCloseTo(1, 12)
      expect(m.gammas!.LR).toBe(1)
      expect(m.normRatio).toBeGreaterThan(0)
      expect(m.normRatio).toBeLessThanOrEqual(1)
      expect(m.lostEnergy).toBeGreaterThanOrEqual(0)
      expect(m.capturedLeft).toBeGreaterThanOrEqual(0.95 - 1e-9)
      expect(m.rankLeft).toBe(m.rankRight)
    }
    const written = right(await readAdapter(w.out)())
    expect(written.config).toEqual(right(await readAdapter(w.adapter)()).config)
    expect(written.modules.map((m) => m.name)).toEqual([q, v])
  })

  it.each(golden.map((c) => [c.name, c] as const))(
    'agrees with dense float64 to 1e-6 through files: %s',
    async (_, c) => {
      const folder = temporaryFolder()
      const [base, aligned] = await Promise.all(
        (['base', 'aligned'] as const).map((key) =>
          writeCheckpoint(folder, key, { 'layer.weight': toMatrix(fromRows(c[key])) }),
        ),
      )
      const from = await writeAdapterFolder(
        folder,
        'adapter',
        adapterOf({ layer: { B: fromRows(c.B), A: fromRows(c.A) } }),
      )
      const rule = 'fixed' in c.rule ? ['--rank', `${c.rule.fixed}`] : ['--energy', `${c.rule.energy}`]
      const out = join(folder, 'out')
      const paths = ['--adapter', from, '--base', base!, '--aligned', aligned!, '--out', out]
      for (const method of ['csulora', 'hard', 'safelora'] as const) {
        const more = ['--method', method, '--tau', `${c.tau}`, '--beta', `${c.beta}`, '--overwrite']
        expect((await run(...paths, ...rule, ...more)).err).toBe('')
        const written = right(await readAdapter(out)())
        expect(distance(product(written.modules[0]!), fromRows(c[method]))).toBeLessThan(1e-6)
      }
    },
  )

  it('bounds the number of directions with --max-rank, on the command line and in a file', async () => {
    const w = await world()
    const ranks = async (...more: string[]): Promise<unknown> => {
      const { out } = await run(...flags(w, ...more, '--overwrite', '--json'))
      const { modules, maxRank } = JSON.parse(out) as Report
      return [modules.map((m) => m.rankLeft), maxRank]
    }
    const [[free]] = (await ranks()) as [number[]]
    expect(free).toBeGreaterThan(3)
    expect(await ranks('--max-rank', '3')).toEqual([[3, 3], 3])
    const both = await run(...flags(w, '--rank', '5', '--max-rank', '3', '--overwrite'))
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('--max-rank')])
    const config = join(w.folder, 'options.yaml')
    writeFileSync(config, 'max-rank: 2\n')
    expect(await ranks('--config', config)).toEqual([[2, 2], 2])
  })

  it('adds several adapters, weighted, and cuts the result to a rank', async () => {
    const w = await world()
    const second = await writeAdapterFolder(
      w.folder,
      'second',
      adapterOf({ [q]: { B: gaussian(24, 3, 7), A: gaussian(3, 16, 8) } }),
    )
    const both = ['--adapter', second, '--weights', '1,-2']
    expect((await run(...flags(w, ...both))).err).toBe('')
    const sum = right(await readAdapter(w.out)())
    expect(sum.modules.map((m) => [m.name, m.A.rows])).toEqual([
      [q, 7],
      [v, 4],
    ])
    expect((await run(...flags(w, ...both, '--to-rank', '2', '--overwrite'))).err).toBe('')
    const cut = right(await readAdapter(w.out)())
    expect(cut.config).toMatchObject({ r: 2 })
    expect(cut.modules.map((m) => m.A.rows)).toEqual([2, 2])
  })

  it('writes the report as a page where its name ends with .html', async () => {
    const w = await world()
    const page = join(w.folder, 'report.html')
    expect((await run(...flags(w, '--report', page))).code).toBe(0)
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*q_proj[\s\S]*<\/html>\n$/)
  })

  it('projects a number of modules, and keeps or drops those that were not moved', async () => {
    const w = await world()
    const report = async (...more: string[]): Promise<Report> =>
      JSON.parse((await run(...flags(w, ...more, '--overwrite', '--json'))).out) as Report
    const { modules } = await report('--method', 'safelora', '--number', '1')
    expect(modules.filter((m) => m.projected)).toHaveLength(1)
    const half = { ...weights(20), [`${q}.weight`]: weights(10)[`${q}.weight`]! }
    const base = await writeCheckpoint(w.folder, 'half', half)
    for (const unmoved of ['keep', 'drop']) {
      const kept = await report('--base', base, '--unmoved', unmoved)
      expect(kept.modules.map((m) => m.unmoved)).toEqual([undefined, unmoved === 'keep' ? 'kept' : 'dropped'])
    }
  })

  it('keeps bfloat16', async () => {
    const w = await world()
    const rounded = await writeAdapterFolder(w.folder, 'bf16', { ...adapter, dtype: 'BF16' })
    expect((await run(...flags({ ...w, adapter: rounded }))).code).toBe(0)
    const tensors = right(await openWeights(join(w.out, 'adapter_model.safetensors'))()).tensors
    expect([...tensors.values()].map((t) => t.dtype)).toEqual(['BF16', 'BF16', 'BF16', 'BF16'])
    // The result is the float32 one, rounded: bfloat16 keeps 8 bits.
    const precise = await writeAdapterFolder(w.folder, 'f32', {
      ...right(await readAdapter(rounded)()),
      dtype: 'F32',
    })
    expect((await run(...flags({ ...w, adapter: precise, out: `${w.out}32` }))).code).toBe(0)
    const [a, b] = [right(await readAdapter(w.out)()), right(await readAdapter(`${w.out}32`)())]
    a.modules.forEach((m, i) => expect(distance(product(m), product(b.modules[i]!))).toBeLessThan(2 ** -7))
  })

  it('uses a cache', async () => {
    const w = await world()
    const cache = join(w.folder, 'cache')
    expect((await run(...flags(w, '--cache', cache))).code).toBe(0)
    const first = readFileSync(join(w.out, 'adapter_model.safetensors'))
    expect(readdirSync(join(cache, readdirSync(cache)[0]!))).toHaveLength(2)
    expect((await run(...flags(w, '--cache', cache, '--overwrite'))).code).toBe(0)
    expect(readFileSync(join(w.out, 'adapter_model.safetensors'))).toEqual(first)
  })

  it('is deterministic in the seed', async () => {
    const w = await world()
    const bytes = async (seed: string): Promise<Buffer> => {
      await run(...flags(w, '--method', 'random-basis', '--seed', seed, '--overwrite'))
      return readFileSync(join(w.out, 'adapter_model.safetensors'))
    }
    const [a, b, c] = [await bytes('1'), await bytes('1'), await bytes('2')]
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })
})

describe('csulora refuses, in one line, with exit 2 and nothing written:', () => {
  const refused = async (w: World, said: string | RegExp, ...argv: string[]): Promise<void> => {
    const before = readdirSync(w.folder).sort()
    const { code, out, err } = await run(...argv)
    expect(err).toMatch(said)
    expect(code).toBe(2)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(out).toBe('')
    expect(readdirSync(w.folder).sort()).toEqual(before)
  }

  it('a missing folder', async () => {
    const w = await world()
    await refused(w, /nowhere/, ...flags({ ...w, adapter: join(w.folder, 'nowhere') }))
    await refused(w, /nowhere/, ...flags({ ...w, base: join(w.folder, 'nowhere') }))
    await refused(w, /nowhere/, ...flags({ ...w, aligned: join(w.folder, 'nowhere') }))
  })
  it('a damaged checkpoint or adapter', async () => {
    const w = await world()
    writeFileSync(w.base, readFileSync(w.base).subarray(0, 300))
    await refused(w, /base\.safetensors/, ...flags(w))
    const w2 = await world()
    writeFileSync(join(w2.adapter, 'adapter_model.safetensors'), 'damaged')
    await refused(w2, /adapter_model\.safetensors/, ...flags(w2))
    const w3 = await world()
    writeFileSync(join(w3.adapter, 'adapter_config.json'), '{')
    await refused(w3, /adapter_config\.json/, ...flags(w3))
  })
  it('the adapter of another model', async () => {
    const w = await world()
    const other = adapterOf({ [q]: { B: gaussian(32, 4, 1), A: gaussian(4, 16, 2) } })
    await refused(
      w,
      /q_proj is \[24, 16\], but the adapter's module is \[32, 16\]; is this the adapter of another model/,
      ...flags({ ...w, adapter: await writeAdapterFolder(w.folder, 'other', other) }),
    )
    const absent = adapterOf({ 'h.0.attn': { B: gaussian(32, 4, 1), A: gaussian(4, 16, 2) } })
    await refused(
      w,
      /no weight for the adapted module h\.0\.attn/,
      ...flags({ ...w, adapter: await writeAdapterFolder(w.folder, 'absent', absent) }),
    )
  })
  it('a module without displacement, whichever it is', async () => {
    const w = await world()
    await refused(
      w,
      /equal in .*q_proj.*--unmoved/,
      ...flags({ ...w, base: w.aligned }, '--report', w.report),
    )
    const half = { ...weights(20), [`${q}.weight`]: weights(10)[`${q}.weight`]! }
    const base = await writeCheckpoint(w.folder, 'half', half)
    await refused(w, /equal in .*v_proj/, ...flags({ ...w, base }, '--report', w.report))
  })
  it('an output that exists', async () => {
    const w = await world()
    await refused(w, /exists already/, ...flags({ ...w, out: w.adapter }))
    expect(existsSync(w.adapter)).toBe(true)
  })
  it.each([
    [['--energy', '0'], /--energy must be a number, above 0, at most 1/],
    [['--energy', '1.5'], /--energy must be a number/],
    [['--rank', '0'], /--rank must be a whole number, at least 1/],
    [['--max-rank', '0'], /--max-rank must be a whole number, at least 1/],
    [['--rank', '2', '--energy', '0.9'], /either --energy or --rank/],
    [['--beta', '-1'], /--beta must be a number, at least 0/],
    [['--tau', '2'], /--tau must be a number/],
    [['--tau', '0.5', '--number', '2'], /either --tau or --number/],
    [['--number', '0'], /--number must be a whole number/],
    [['--to-rank', '0'], /--to-rank must be a whole number/],
    [['--unmoved', 'ignore'], /--unmoved must be one of refuse, keep, drop/],
    [['--weights', '1,2'], /--weights has 2 numbers for 1 adapters; give one for each --adapter/],
    [['--method', 'magic'], /--method must be one of/],
    [['--frobnicate'], /unknown option/],
  ])('%j', async (more, said) => {
    const w = await world()
    await refused(w, said, ...flags(w, ...more))
  })
  it('a missing option', async () => {
    const w = await world()
    await refused(w, /--base is required/, '--adapter', w.adapter, '--aligned', w.aligned, '--out', w.out)
  })
})
