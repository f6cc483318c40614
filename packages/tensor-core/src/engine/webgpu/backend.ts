/**
 * TensorFlow.js's WebGPU backend on our own device: opened with the adapter's largest limits, with our own buffer manager, and with
 * reads that work in Node, asynchronous and synchronous.
 */
import { tf } from '../tf'
import { type BufferManager, bufferManager } from './buffers'
import { during, until } from './events'
import {
  type AdapterDescription,
  type GpuAdapter,
  type GpuBuffer,
  type GpuDevice,
  mapForReading,
  usage,
} from './gpu'
import { type DeviceErrors, errorsOf } from './deviceErrors'

// model ------------------------------------------------------------------------------------------

interface TensorData {
  readonly dtype: tf.DataType
  readonly shape: ReadonlyArray<number>
  readonly values?: tf.backend_util.BackendValues | null
  readonly resource?: GpuBuffer | null
}

/** The internals of TensorFlow.js's backend that are used here; the version is pinned, and the contract suite exercises all of them. */
export interface WebgpuBackend extends tf.KernelBackend {
  bufferManager: BufferManager
  readonly tensorMap: { readonly get: (id: object) => TensorData | undefined }
  readonly commandEncoder: {
    readonly copyBufferToBuffer: (
      from: GpuBuffer,
      fromByte: number,
      to: GpuBuffer,
      toByte: number,
      bytes: number,
    ) => void
  } | null
  readonly ensureCommandEncoderReady: () => void
  readonly endComputePassEncoder: () => void
  readonly submitQueue: () => void
}

interface BackendModule {
  readonly WebGPUBackend: new (device: GpuDevice, info: AdapterDescription) => WebgpuBackend
}

export const isBackendModule = (u: unknown): u is BackendModule =>
  typeof u === 'object' && u !== null && 'WebGPUBackend' in u && typeof u.WebGPUBackend === 'function'

// device -----------------------------------------------------------------------------------------

/** Timestamps are for profiling, the other features for drawing; only limits matter here. */
const features = ['timestamp-query']

const numericLimits = (limits: GpuAdapter['limits']): Readonly<Record<string, number>> => {
  // Limits are getters of the class, not properties of the object.
  const getters: unknown = Object.getPrototypeOf(limits)
  const names = typeof getters === 'object' && getters !== null ? Object.keys(getters) : []
  return Object.fromEntries(
    names.flatMap((name): ReadonlyArray<readonly [string, number]> => {
      const value = limits[name]
      return typeof value === 'number' ? [[name, value]] : []
    }),
  )
}

/** The adapter's device with the largest limits that the adapter has: the defaults would limit buffers to 128 MB. */
export const openDevice = (adapter: GpuAdapter): Promise<GpuDevice> => {
  const has = new Set(adapter.features)
  return during(() =>
    adapter.requestDevice({
      requiredFeatures: features.filter((feature) => has.has(feature)),
      requiredLimits: numericLimits(adapter.limits),
    }),
  )
}

// reading ----------------------------------------------------------------------------------------

const bytesOf = ({ shape, dtype }: TensorData): number =>
  tf.util.sizeFromShape([...shape]) * (dtype === 'complex64' ? 8 : 4)

/** Starts the copy of a tensor to memory that the processor can map. */
const stage = (backend: WebgpuBackend, data: TensorData, resource: GpuBuffer): GpuBuffer => {
  const bytes = bytesOf(data)
  const staging = backend.bufferManager.acquireBuffer(bytes, usage.copyTarget | usage.mapRead)
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.commandEncoder?.copyBufferToBuffer(resource, 0, staging, 0, bytes)
  backend.submitQueue()
  return staging
}

/** The values of a mapped copy; its buffer is released. */
const unstage = (
  backend: WebgpuBackend,
  data: TensorData,
  staging: GpuBuffer,
): tf.backend_util.BackendValues => {
  const values = staging.getMappedRange().slice(0, bytesOf(data))
  staging.unmap()
  backend.bufferManager.releaseBuffer(staging)
  return tf.util.convertBackendValuesAndArrayBuffer(values, data.dtype)
}

/** The values if they are known, else the buffer to read them from. */
const present = (
  backend: WebgpuBackend,
  id: object,
):
  | { readonly values: tf.backend_util.BackendValues }
  | { readonly data: TensorData; readonly from: GpuBuffer } => {
  const data = backend.tensorMap.get(id)
  if (data === undefined) throw new Error('a tensor is read after it was freed')
  if (data.values !== null && data.values !== undefined) return { values: data.values }
  if (data.resource === undefined || data.resource === null || data.dtype === 'complex64')
    throw new Error(`the webgpu engine cannot read a tensor of ${data.dtype}`)
  return { data, from: data.resource }
}

// constructor ------------------------------------------------------------------------------------

/** TensorFlow.js's backend class with our reads. */
const withReads = (
  Base: BackendModule['WebGPUBackend'],
  errors: DeviceErrors,
): BackendModule['WebGPUBackend'] =>
  class extends Base {
    override readonly read = async (id: object): Promise<tf.backend_util.BackendValues> => {
      const here = present(this, id)
      if ('values' in here) return here.values
      const staging = stage(this, here.data, here.from)
      try {
        await during(() => staging.mapAsync(mapForReading))
      } catch (cause) {
        errors.check()
        throw cause
      }
      errors.check()
      return unstage(this, here.data, staging)
    }

    override readonly readSync = (id: object): tf.backend_util.BackendValues => {
      const here = present(this, id)
      if ('values' in here) return here.values
      const staging = stage(this, here.data, here.from)
      // The state is checked below; the promise itself is not needed.
      during(() => staging.mapAsync(mapForReading)).catch(() => undefined)
      until(() => staging.mapState !== 'pending')
      errors.check()
      if (staging.mapState !== 'mapped')
        throw new Error('the webgpu device returned no values: it was lost, or its driver has stopped')
      return unstage(this, here.data, staging)
    }
  }

/** A backend on an open device. */
export const makeBackend = (
  { WebGPUBackend }: BackendModule,
  device: GpuDevice,
  info: AdapterDescription,
): WebgpuBackend => {
  const errors = errorsOf(device)
  const backend = new (withReads(WebGPUBackend, errors))(device, info)
  backend.bufferManager = bufferManager(device, errors.check)
  return backend
}
