import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inOneGo, rangeSteps, spectrumSteps, toMatrix } from '@safe/tensor-core/linalg'
import { correctAdapter, openCache } from '../src'
import { adapterOf, gaussian, left, memorySource, right, temporaryFolder } from './world'

const name = 'model.layers.0.mlp.up_proj'
const source = (label: string, seed: number) =>
  memorySource(label, { [`${name}.weight`]: toMatrix(gaussian(30, 20, seed)) })
const pair = { base: source('base', 1), aligned: source('aligned', 2) }
const adapter = adapterOf({ [name]: { B: gaussian(30, 2, 3), A: gaussian(2, 20, 4) } })
const options = { energy: 0.9 }

describe('the cache of decompositions', () => {
  it('gives the same result to the last bit, for another energy too', async () => {
    const folder = temporaryFolder()
    const cache = right(await openCache(folder, pair)())
    const plain = right(await correctAdapter(options, pair)(adapter)())
    const first = right(await correctAdapter(options, { ...pair, cache })(adapter)())
    const second = right(await correctAdapter(options, { ...pair, cache })(adapter)())
    expect(first.adapter).toEqual(plain.adapter)
    expect(second.adapter).toEqual(plain.adapter)
    const less = { energy: 0.5 }
    const third = right(await correctAdapter(less, { ...pair, cache })(adapter)())
    expect(third.adapter).toEqual(right(await correctAdapter(less, pair)(adapter)()).adapter)
    const [key] = readdirSync(folder)
    expect(readdirSync(join(folder, key!))).toEqual([`${name}.safetensors`])
  })

  it('keeps what the range finder found, for its rank alone', async () => {
    const v = toMatrix(gaussian(30, 20, 5))
    const cache = right(await openCache(temporaryFolder(), pair)())
    const range = inOneGo(rangeSteps(v, { rank: { fixed: 2 }, maxWidth: 20, tolerance: 1 }))!
    right(await cache.put(name, { fixed: 2 }, { kind: 'range', range })())
    expect(right(await cache.get(name, v, { fixed: 2 })())).toEqual({ kind: 'range', range })
    expect(right(await cache.get(name, v, { fixed: 3 })())).toBeUndefined()
    const bounded = { energy: 0.9, max: 2 }
    right(await cache.put(name, bounded, { kind: 'range', range })())
    expect(right(await cache.get(name, v, bounded)())).toEqual({ kind: 'range', range })
    expect(right(await cache.get(name, v, { energy: 0.9 })())).toBeUndefined()
  })

  it('is keyed by both checkpoints', async () => {
    const folder = temporaryFolder()
    const v = toMatrix(gaussian(30, 20, 5))
    const one = right(await openCache(folder, pair)())
    right(await one.put(name, options, inOneGo(spectrumSteps(v)))())
    const other = right(await openCache(folder, { ...pair, aligned: source('another', 7) })())
    expect(right(await other.get(name, v, options)())).toBeUndefined()
  })

  it('refuses a damaged file by name', async () => {
    const folder = temporaryFolder()
    const cache = right(await openCache(folder, pair)())
    right(await correctAdapter(options, { ...pair, cache })(adapter)())
    const [key] = readdirSync(folder)
    const path = join(folder, key!, `${name}.safetensors`)
    writeFileSync(path, 'not safetensors')
    const fault = left(await correctAdapter(options, { ...pair, cache })(adapter)())
    expect(fault).toMatchObject({ _tag: 'FileDamaged', where: path })
  })
})
