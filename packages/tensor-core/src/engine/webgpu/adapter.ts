/** What is behind a WebGPU adapter: its name, and whether it is a GPU or a software implementation. */
import { processorName } from '../device'
import type { AdapterDescription } from './gpu'

/** Vulkan and D3D12 drivers that compute on the processor: SwiftShader, Mesa's llvmpipe (lavapipe), Microsoft's WARP. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i

/** Whether the adapter computes on the processor, whatever the driver is called. */
export const isSoftware = (adapter: AdapterDescription): boolean =>
  adapter.isFallbackAdapter === true ||
  [adapter.vendor, adapter.architecture, adapter.device, adapter.description].some((word) =>
    softwareNames.test(word),
  )

const withoutEdges = (word: string): string => word.replace(/^[\s-]+|[\s-]+$/g, '')

/** `NVIDIA H200 (driver 570.1)`; for a software implementation, with the processor it runs on. */
export const adapterName = (adapter: AdapterDescription): string => {
  const [device, description] = [withoutEdges(adapter.device), withoutEdges(adapter.description)]
  const name = device !== '' ? device : withoutEdges(`${adapter.vendor} ${adapter.architecture}`)
  const whole = name === '' ? description : description === '' ? name : `${name} (${description})`
  const full = whole === '' ? 'unnamed adapter' : whole
  return isSoftware(adapter) ? `${full} on ${processorName()}` : full
}
