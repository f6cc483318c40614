import * as fc from 'fast-check'
import { bufferManager, roundedSize } from '../../src/engine/webgpu/buffers'
import type { GpuBuffer, GpuDevice } from '../../src/engine/webgpu/gpu'
import { errorsOf } from '../../src/engine/webgpu/deviceErrors'

type Listener = Parameters<GpuDevice['addEventListener']>[1]

/** A device with limited memory that reports errors as WebGPU does: by events, not by exceptions. */
const deviceOf = (bytes: number, limit = bytes) => {
  const state = { taken: 0, alive: 0, listener: undefined as Listener | undefined }
  let lose: (info: { reason: string; message: string }) => void = () => undefined
  const device: GpuDevice = {
    limits: { maxBufferSize: limit, maxStorageBufferBindingSize: limit },
    lost: new Promise((resolve) => (lose = resolve)),
    destroy: () => undefined,
    addEventListener: (_, listener) => (state.listener = listener),
    createBuffer: ({ size, usage }): GpuBuffer => {
      if (state.taken + size > bytes)
        state.listener?.({
          error: { message: 'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY\n - While' },
        })
      state.taken += size
      state.alive++
      return {
        size,
        usage,
        mapState: 'unmapped',
        mapAsync: () => Promise.resolve(),
        getMappedRange: () => new ArrayBuffer(size),
        unmap: () => undefined,
        destroy: () => {
          state.taken -= size
          state.alive--
        },
      }
    },
  }
  return { device, state, lose: (message: string) => lose({ reason: 'unknown', message }) }
}

const managerOf = (bytes: number, limit?: number) => {
  const made = deviceOf(bytes, limit)
  const errors = errorsOf(made.device)
  return { ...made, errors, buffers: bufferManager(made.device, errors.check) }
}

describe('sizes', () => {
  it('are at most a quarter larger than requested, multiples of 16, and not rounded again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (size) => {
        const rounded = roundedSize(size)
        expect(rounded).toBeGreaterThanOrEqual(size)
        expect(rounded % 16).toBe(0)
        expect(rounded).toBeLessThanOrEqual(Math.max(size * 1.25, size + 15))
        expect(roundedSize(rounded)).toBe(rounded)
      }),
    )
  })
})

describe('buffers', () => {
  it('are reused, by size and usage', () => {
    const { buffers, state } = managerOf(2 ** 30)
    const first = buffers.acquireBuffer(1000, 1)
    buffers.releaseBuffer(first)
    expect(buffers.acquireBuffer(900, 1)).toBe(first)
    expect(buffers.acquireBuffer(900, 2)).not.toBe(first)
    expect(state.alive).toBe(2)
    expect(buffers.getNumUsedBuffers()).toBe(2)
  })

  it('that are free never exceed the bound, for any sizes, and every byte is counted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000_000 }), fc.nat(5)), { maxLength: 60 }),
        (steps) => {
          const { buffers, state } = managerOf(2 ** 40)
          const held: GpuBuffer[] = []
          for (const [size, drop] of steps) {
            held.push(buffers.acquireBuffer(size, 1))
            held.splice(0, drop).forEach((b) => buffers.releaseBuffer(b))
          }
          const used = held.reduce((n, b) => n + b.size, 0)
          expect(buffers.numBytesUsed).toBe(used)
          expect(buffers.numBytesAllocated).toBe(state.taken)
          held.splice(0).forEach((b) => buffers.releaseBuffer(b))
          expect(buffers.numBytesUsed).toBe(0)
          expect(state.taken).toBeLessThanOrEqual(64 * 2 ** 20)
          buffers.dispose()
          expect(state).toMatchObject({ taken: 0, alive: 0 })
          expect(buffers.numBytesAllocated).toBe(0)
        },
      ),
    )
  })

  it('too large for the device, or for its free memory, are refused with their size', () => {
    const { buffers } = managerOf(40_000_000, 20_000_000)
    expect(() => buffers.acquireBuffer(30_000_000, 1)).toThrow(
      'a tensor of 30.0 MB is more than this device holds in one piece (20.0 MB)',
    )
    buffers.acquireBuffer(16_000_000, 1)
    buffers.acquireBuffer(16_000_000, 1)
    expect(() => buffers.acquireBuffer(16_000_000, 1)).toThrow(
      /^the webgpu engine is out of memory \(a tensor of 16\.0 MB, beside 3\d\.\d MB\): a smaller batch, or another engine$/,
    )
    // the engine continues to work
    expect(buffers.acquireBuffer(1000, 1).size).toBeGreaterThanOrEqual(1000)
  })

  it('that are free are destroyed before memory is reported as exhausted', () => {
    const { buffers } = managerOf(40_000_000)
    const old = buffers.acquireBuffer(30_000_000, 1)
    buffers.releaseBuffer(old)
    expect(buffers.acquireBuffer(16_000_000, 1).size).toBeGreaterThanOrEqual(16_000_000)
    expect(buffers.getNumFreeBuffers()).toBe(0)
  })
})

describe('errors of the device', () => {
  it('are reported once; a lost device stays lost', async () => {
    const { state, errors, lose } = managerOf(1000)
    state.listener?.({ error: { message: 'Buffer usages are invalid.\n - While calling' } })
    expect(() => errors.check()).toThrow('the webgpu device refused a command: Buffer usages are invalid.')
    expect(() => errors.check()).not.toThrow()
    lose('the driver was reset')
    await Promise.resolve()
    expect(() => errors.check()).toThrow(
      'the webgpu device was lost (unknown: the driver was reset); the work since the last result is gone',
    )
    expect(() => errors.check()).toThrow('lost')
  })
})
