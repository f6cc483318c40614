/**
 * The webgpu engine on a driver of this machine: its own, or a software one from a browser or Mesa. Without a driver these tests are
 * skipped, with the reason.
 */
import { fork, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { contractCases } from '../../src/cli/contractCases'
import { installLine, webgpuPackages } from '../../src/engine/webgpu'

// the driver -------------------------------------------------------------------------------------

const childFile = join(__dirname, 'webgpuChild.ts')
const fromSources = process.execArgv

/** Software drivers, where browsers and Mesa install them; the machine's own drivers are tried first. */
const drivers = [
  process.env['VK_ICD_FILENAMES'] ?? '',
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
  '/usr/share/vulkan/icd.d/lvp_icd.json',
].filter((file) => file === '' || existsSync(file))

const environment = (driver: string): NodeJS.ProcessEnv =>
  driver === '' ? process.env : { ...process.env, VK_ICD_FILENAMES: driver }

/** Whether a process with this driver finds an adapter. */
const finds = (driver: string): boolean =>
  spawnSync(process.execPath, [...fromSources, join(__dirname, 'webgpuProbe.ts')], {
    env: environment(driver),
    timeout: 60_000,
  }).status === 0

const installed = webgpuPackages()._tag === 'Right'
const driver = installed ? drivers.find(finds) : undefined
const reason = installed ? 'no Vulkan, Metal or D3D12 driver here' : `not installed: ${installLine}`

const ask = (mode: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const child = fork(childFile, [mode], {
      execArgv: fromSources,
      env: environment(driver ?? ''),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const errors: string[] = []
    const received: { message?: unknown } = {}
    child.stderr?.setEncoding('utf8').on('data', (s: string) => errors.push(s))
    child.on('message', (message) => (received.message = message))
    child.on('close', (code) => {
      if (code === 0 && 'message' in received) resolve(received.message)
      else reject(new Error(`it ended with ${String(code)}: ${errors.join('')}`))
    })
  })

// comparing --------------------------------------------------------------------------------------

/** Largest difference of numbers, relative to their size (at least 1); Infinity if anything else differs. */
const difference = (a: unknown, b: unknown): number => {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) / Math.max(1, Math.abs(a))
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
    if ([...left.keys()].join() !== [...right.keys()].join()) return Infinity
    return [...left]
      .filter(([key]) => key !== 'seconds')
      .reduce((worst, [key, value]) => Math.max(worst, difference(value, right.get(key))), 0)
  }
  return a === b ? 0 : Infinity
}

interface Done {
  readonly before: { readonly tensors: number; readonly bytesOnDevice: number }
  readonly after: { readonly tensors: number; readonly bytesOnDevice: number }
  readonly scores: unknown
  readonly texts: unknown
  readonly losses: unknown
  readonly lora: unknown
  readonly full: unknown
  readonly merged: unknown
}

// tests ------------------------------------------------------------------------------------------

if (driver === undefined) {
  it.skip(`webgpu: ${reason}`, () => undefined)
} else {
  describe('the webgpu engine', () => {
    it('fulfils the contract', async () => {
      const { report, result } = (await ask('contract')) as {
        report: { engine: string; device: string; gpu: boolean; warning?: string }
        result: {
          passed: number
          failed: number
          excepted: number
          cases: ReadonlyArray<{ passed: boolean }>
        }
      }
      expect(result.cases.filter(({ passed }) => !passed)).toEqual([])
      expect(result.passed + result.excepted).toBe(contractCases.length)
      expect(report.engine).toBe('webgpu')
      // a software implementation is reported as one, with a warning
      expect(report.gpu).toBe(!/swiftshader|llvmpipe/i.test(report.device))
      expect(report.warning === undefined).toBe(report.gpu)
    }, 600_000)

    it('scores, generates, trains and merges as the wasm engine does, and leaks nothing', async () => {
      const { wasm, webgpu, leftovers } = (await ask('commands')) as {
        wasm: Done
        webgpu: Done
        leftovers: unknown
      }
      expect(difference(wasm.scores, webgpu.scores)).toBeLessThan(2e-5)
      expect(difference(wasm.texts, webgpu.texts)).toBe(0)
      expect(difference(wasm.losses, webgpu.losses)).toBeLessThan(1e-4)
      expect(difference(wasm.lora, webgpu.lora)).toBeLessThan(1e-5)
      expect(difference(wasm.full, webgpu.full)).toBeLessThan(1e-4)
      expect(difference(wasm.merged, webgpu.merged)).toBeLessThan(1e-5)
      expect(webgpu.after).toEqual(webgpu.before)
      expect(webgpu.after.tensors).toBe(wasm.after.tensors)
      expect(leftovers).toEqual([])
    }, 600_000)

    it('reports that a tensor is too large, and that the device was lost', async () => {
      const faults = await ask('faults')
      expect(faults).toMatchObject({
        tooLarge: expect.stringMatching(
          /a tensor of 8589\.9 MB is more than this device holds|out of memory/,
        ) as unknown,
        still: [2, 3],
        lostLater: expect.stringContaining('the webgpu device was lost') as unknown,
        lostInSync: expect.stringContaining('the webgpu device was lost') as unknown,
      })
    }, 120_000)
  })
}
