/**
 * The part of WebGPU that the engine uses, as Dawn's addon for Node provides it. The addon is loaded at run time, if it is installed:
 * what it exports is checked before use.
 */

// model ------------------------------------------------------------------------------------------

/** A piece of memory on the device. */
export interface GpuBuffer {
  readonly size: number
  readonly usage: number
  readonly mapState: string
  readonly mapAsync: (mode: number) => Promise<unknown>
  readonly getMappedRange: () => ArrayBuffer
  readonly unmap: () => void
  readonly destroy: () => void
}

export interface GpuBufferDescriptor {
  readonly size: number
  readonly usage: number
  readonly mappedAtCreation?: boolean
}

/** The device that computes, and the errors it reports. */
export interface GpuDevice {
  readonly limits: Readonly<Record<string, number>>
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>
  readonly createBuffer: (descriptor: GpuBufferDescriptor) => GpuBuffer
  readonly destroy: () => void
  readonly addEventListener: (
    name: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string }; preventDefault?: () => void }) => void,
  ) => void
}

/** How an adapter describes itself; every field may be empty. */
export interface AdapterDescription {
  readonly vendor: string
  readonly architecture: string
  readonly device: string
  readonly description: string
  readonly isFallbackAdapter?: boolean
}

export interface GpuAdapter {
  readonly info: AdapterDescription
  readonly limits: Readonly<Record<string, unknown>>
  readonly features: Iterable<string>
  readonly requestDevice: (descriptor: {
    readonly requiredFeatures: ReadonlyArray<string>
    readonly requiredLimits: Readonly<Record<string, number>>
  }) => Promise<GpuDevice>
}

/** `navigator.gpu`. */
export interface Gpu {
  readonly requestAdapter: (options: { readonly powerPreference: string }) => Promise<GpuAdapter | null>
}

/** Dawn's addon: a GPU entry point with options, and the classes that are globals in a browser. */
export interface DawnAddon {
  readonly create: (options: ReadonlyArray<string>) => Gpu
  readonly globals: object
}

// guards -----------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Record<string, unknown> => typeof u === 'object' && u !== null

export const isDawnAddon = (u: unknown): u is DawnAddon =>
  isRecord(u) && typeof u['create'] === 'function' && isRecord(u['globals'])

// constants --------------------------------------------------------------------------------------

/** `GPUBufferUsage` and `GPUMapMode` of the WebGPU standard. */
export const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8 } as const
export const mapForReading = 0x1
