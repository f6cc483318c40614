import type { GpuBuffer } from '../../src/engine/webgpu/gpu'
import { type MakeUniforms, type UniformField, keptUniforms } from '../../src/engine/webgpu/uniforms'

/** A backend that makes a buffer for every call, to be kept or not. */
const backendOf = () => {
  const made: GpuBuffer[] = []
  const released: GpuBuffer[] = []
  const makeKept: MakeUniforms = (fields) => {
    const size = 4 * fields.reduce((n, { data }) => n + data.length, 0)
    const buffer: GpuBuffer = {
      size,
      usage: 0,
      mapState: 'unmapped',
      mapAsync: () => Promise.resolve(),
      getMappedRange: () => new ArrayBuffer(size),
      unmap: () => undefined,
      destroy: () => undefined,
    }
    made.push(buffer)
    return { offset: 0, size, buffer }
  }
  let passing = 0
  const make = keptUniforms({
    make: (fields) => {
      passing++
      return makeKept(fields)
    },
    makeKept,
    release: (buffer) => released.push(buffer),
  })
  return { make, made, released, passing: () => passing }
}

const shape = (...data: number[]): UniformField => ({ type: 'int32', data })
const value = (x: number): UniformField => ({ type: 'float32', data: [x] })

describe('uniforms', () => {
  it('that hold the same are one buffer, which is not given back', () => {
    const { make, made, released } = backendOf()
    const first = make([value(NaN), shape(2, 3)])
    expect(make([value(NaN), shape(2, 3)])).toBe(first)
    expect(made).toHaveLength(1)
    expect(released).toEqual([])
  })

  it('that differ in type, grouping or a sign are others', () => {
    const { make, passing } = backendOf()
    const all = [[shape(1, 2)], [shape(1), shape(2)], [shape(12)], [value(0)], [value(-0)], [shape(0)]].map(
      (fields) => make(fields).buffer,
    )
    expect(new Set(all).size).toBe(all.length)
    // -0 has no text of its own: it is not kept.
    expect(passing()).toBe(1)
  })

  it('are bounded in number: what is dropped is given back', () => {
    const { make, made, released } = backendOf()
    for (let i = 0; i < 8192; i++) make([shape(i)])
    expect(released).toEqual([])
    make([shape(8192)])
    expect(released).toEqual(made.slice(0, 4096))
  })
})
