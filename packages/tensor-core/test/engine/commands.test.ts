import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../../src/cli/binary'
import { runBinary } from '../../src/cli/kit'

const run = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const written = { out: '', err: '' }
  const code = await runBinary(binary, argv, {
    stdout: (s) => (written.out += s),
    stderr: (s) => (written.err += s),
  })
  return { code, ...written }
}

beforeAll(() => (process.env['SAFE_CACHE'] = mkdtempSync(join(tmpdir(), 'engine-'))))
afterAll(() => delete process.env['SAFE_CACHE'])

describe('tensor-core info', () => {
  it('reports which engine runs and why another does not', async () => {
    const { code, out } = await run('info', '--engine', 'wasm', '--json', '--quiet')
    expect(code).toBe(0)
    const info: unknown = JSON.parse(out)
    expect(info).toMatchObject({
      engine: 'wasm',
      device: expect.any(String) as unknown,
      gpu: false,
      versions: { tfjs: '4.22.0', node: process.versions.node },
    })
    expect(info).toHaveProperty(
      'engines',
      expect.arrayContaining([
        { name: 'wasm', available: true },
        { name: 'cpu', available: true },
        expect.objectContaining({ name: 'native' }),
      ]),
    )
  })

  it('refuses what is missing in one line', async () => {
    const native = await run('info', '--engine', 'native')
    expect(native).toMatchObject({
      code: 2,
      err: 'tensor-core: --engine native: not built; run: tensor-core engine build native\n',
    })
    expect(await run('info', '--engine', 'webgpu')).toMatchObject({ code: 2 })
    expect(await run('info', '--model', '/no/such/folder')).toMatchObject({ code: 2 })
  })
})

describe('tensor-core engine', () => {
  it('refuses an engine that cannot be built, and bad sources', async () => {
    expect(await run('engine', 'build', 'wasm')).toMatchObject({
      code: 2,
      err: expect.stringContaining('native, cuda') as unknown,
    })
    expect(await run('engine', 'build', 'native', '--quiet', '--wheel', '/no/such.whl')).toMatchObject({
      code: 2,
      err: 'tensor-core: --wheel /no/such.whl: no such file\n',
    })
  })

  it('cleans', async () => {
    expect(await run('engine', 'clean', '--json')).toMatchObject({ code: 0 })
    expect(await run('engine', 'clean')).toMatchObject({ code: 0, out: 'nothing was built\n' })
  })
})
