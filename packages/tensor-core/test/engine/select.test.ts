import * as E from 'fp-ts/Either'
import { type EngineName, engineNames, selectEngine } from '../../src/engine'
import { type Candidate, type Choice, selectFrom } from '../../src/engine/select'
import { adapterName, isSoftware } from '../../src/engine/webgpu/adapter'
import { installLine, webgpuPackages } from '../../src/engine/webgpu'

/** A machine where the named engines are installed; records which are tried. */
const machineWith = (
  present: Partial<Record<EngineName, Partial<Candidate>>>,
  of: { readonly nvidia?: boolean; readonly gpu?: boolean } = {},
): Choice & { readonly tried: EngineName[] } => {
  const tried: EngineName[] = []
  const candidate = (name: EngineName): Candidate => ({
    missing: () => (name in present ? undefined : `${name} is absent`),
    start: (gpuOnly) => {
      tried.push(name)
      return (
        present[name]?.start?.(gpuOnly) ??
        Promise.resolve(E.right({ device: `${name} device`, gpu: false, versions: {} }))
      )
    },
  })
  return {
    tried,
    candidates: {
      cuda: candidate('cuda'),
      native: candidate('native'),
      webgpu: candidate('webgpu'),
      wasm: candidate('wasm'),
      cpu: candidate('cpu'),
    },
    nvidiaDriver: () => of.nvidia ?? false,
    mayHaveGpu: () => of.gpu ?? false,
  }
}

/** A software adapter: it starts only if chosen by name. */
const software: Partial<Candidate> = {
  start: (gpuOnly) =>
    Promise.resolve(
      gpuOnly
        ? E.left('SwiftShader is not a GPU')
        : E.right({ device: 'SwiftShader', gpu: false, versions: {}, warning: 'slowly' }),
    ),
}
const all = { cuda: {}, native: {}, webgpu: {}, wasm: {}, cpu: {} }

const chosen = async (machine: Choice, name = 'auto'): Promise<string> => {
  const report = await selectFrom(machine)(name)()
  return E.isRight(report) ? report.right.engine : `${report.left.kind}: ${report.left.message}`
}

// the choice of a fake machine must not be that of the process
afterAll(() => selectEngine('cpu')())

describe('auto', () => {
  it('takes cuda if there is an NVIDIA driver, else native before cuda on the CPU', async () => {
    expect(await chosen(machineWith(all, { nvidia: true, gpu: true }))).toBe('cuda')
    expect(await chosen(machineWith(all, { gpu: true }))).toBe('native')
    expect(await chosen(machineWith({ cuda: {}, webgpu: {}, wasm: {}, cpu: {} }, { gpu: true }))).toBe('cuda')
  })

  it('takes webgpu on a GPU before wasm', async () => {
    expect(await chosen(machineWith({ webgpu: {}, wasm: {}, cpu: {} }, { gpu: true }))).toBe('webgpu')
  })

  it('never takes a software adapter, and loads no driver if there can be no GPU', async () => {
    const seen = machineWith({ webgpu: software, wasm: {}, cpu: {} }, { gpu: true })
    expect(await chosen(seen)).toBe('wasm')
    expect(seen.tried).toEqual(['webgpu', 'wasm'])
    const none = machineWith({ webgpu: software, wasm: {}, cpu: {} })
    expect(await chosen(none)).toBe('wasm')
    expect(none.tried).toEqual(['wasm'])
  })

  it('continues with the next if one does not start, and fails if none is left', async () => {
    const broken = { start: () => Promise.reject(new Error('broken')) }
    expect(await chosen(machineWith({ native: broken, wasm: {}, cpu: {} }))).toBe('wasm')
    expect(await chosen(machineWith({ cpu: broken }))).toBe('failure: broken')
    expect(await chosen(machineWith({}))).toBe('failure: no engine starts on this machine')
  })
})

describe('an engine by name', () => {
  it('is used or refused, never replaced', async () => {
    expect(await chosen(machineWith({ webgpu: software, wasm: {} }), 'webgpu')).toBe('webgpu')
    expect(await chosen(machineWith({ wasm: {} }), 'webgpu')).toBe('input: webgpu is absent')
    const noAdapter = { start: () => Promise.resolve(E.left('no driver')) }
    expect(await chosen(machineWith({ webgpu: noAdapter, wasm: {} }), 'webgpu')).toBe('input: no driver')
    expect(await chosen(machineWith(all), 'opencl')).toBe('input: unknown engine opencl')
    expect(engineNames).toEqual(['cuda', 'native', 'webgpu', 'wasm', 'cpu'])
  })
})

describe('the packages of webgpu', () => {
  it('are optional: a missing one is named with the command that installs it', () => {
    const absent = (): string => {
      throw new Error('Cannot find module')
    }
    expect(webgpuPackages(absent)).toEqual(E.left(`webgpu is not installed; run: ${installLine}`))
    const half = (id: string): string => (id.startsWith('webgpu') ? require.resolve(id) : absent())
    expect(webgpuPackages(half)).toEqual(
      E.left(`@tensorflow/tfjs-backend-webgpu is not installed; run: ${installLine}`),
    )
  })
})

describe('an adapter', () => {
  const named = (device: string, description: string, vendor = '', isFallbackAdapter = false) => ({
    vendor,
    architecture: '',
    device,
    description,
    isFallbackAdapter,
  })

  it('is distinguished from a software implementation', () => {
    expect(isSoftware(named('NVIDIA H200', 'driver 570.1', 'nvidia'))).toBe(false)
    expect(isSoftware(named('AMD Radeon RX 7900', 'radv', 'amd'))).toBe(false)
    expect(isSoftware(named('llvmpipe (LLVM 19.1)', ''))).toBe(true)
    expect(isSoftware(named('', 'SwiftShader driver 5.0.0'))).toBe(true)
    expect(isSoftware(named('Microsoft Basic Render Driver', ''))).toBe(true)
    expect(isSoftware(named('Something', '', '', true))).toBe(true)
  })

  it('is named by its own description', () => {
    expect(adapterName(named('NVIDIA H200', 'driver 570.1'))).toBe('NVIDIA H200 (driver 570.1)')
    expect(adapterName(named('', '', 'apple'))).toBe('apple')
    expect(adapterName(named('', ''))).toBe('unnamed adapter')
    expect(adapterName(named('swiftshader-device-', ''))).toMatch(/^swiftshader-device on .*cores?$/)
  })
})
