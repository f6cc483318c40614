import { selectEngine } from '../../src/engine'
import { batchSalt, dropoutMask } from '../../src/lm/training/dropout'

const rows = 200
const width = 500
const values = (p: number, step: number, module = 'q_proj'): Float32Array => {
  const mask = dropoutMask(p, 7, step, batchSalt(Int32Array.of(1, 2)))(module, [rows, width])
  const all = Float32Array.from(mask.dataSync())
  mask.dispose()
  return all
}
const dropped = (mask: Float32Array): number => mask.filter((x) => x === 0).length / mask.length

beforeAll(async () => {
  await selectEngine('cpu')()
})

describe('a dropout mask', () => {
  it.each([0.05, 0.3, 0.95])('drops a share of %f and scales what is kept by its inverse', (p) => {
    const mask = values(p, 1)
    // four standard errors of a share of 100,000
    expect(Math.abs(dropped(mask) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / mask.length))
    expect([...new Set(mask)].sort((a, b) => a - b)).toEqual([0, Math.fround(1 / (1 - p))])
  })

  it('drops each place as often after a dropped one as after a kept one', () => {
    const mask = values(0.3, 1)
    const after = (value: (x: number) => boolean): number => {
      const next = mask.subarray(1).filter((_, i) => value(mask[i] ?? 0))
      return dropped(next)
    }
    expect(Math.abs(after((x) => x === 0) - after((x) => x !== 0))).toBeLessThan(0.015)
  })

  it('is the same for the same name, and another for another step or module', () => {
    expect(values(0.3, 1)).toEqual(values(0.3, 1))
    expect(values(0.3, 2)).not.toEqual(values(0.3, 1))
    expect(values(0.3, 1, 'v_proj')).not.toEqual(values(0.3, 1))
  })
})
