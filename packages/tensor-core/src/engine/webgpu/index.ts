/** The webgpu engine: any GPU that Vulkan, Metal or D3D12 drives, through Dawn, from npm packages alone. */
export { type FoundAdapter, type WebgpuRunning, findAdapter, startWebgpu } from './load'
export { type Resolve, installLine, webgpuPackages } from './package'
export { mayHaveGpu, probeAdapter } from './probe'
