import { mkdirSync, mkdtempSync, readFileSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { cacheHome } from '../../src/files/cacheHome'
import { builtEngines, cleanEngines, engineFolder, engineHome } from '../../src/engine/native/home'
import { acquireLibrary } from '../../src/engine/native/library'
import { runProgram } from '../../src/engine/native/program'
import { quietly } from '../../src/engine/native/quiet'
import { unpackWheel } from '../../src/engine/native/wheel'
import { cudaRequirements } from '../../src/engine/native/wheelLibrary'

const temporary = (): string => mkdtempSync(join(tmpdir(), 'engine-'))

/** A zip file of stored members. */
const zip = (members: Readonly<Record<string, string>>): Buffer => {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(members)) {
    const [file, data] = [Buffer.from(name), Buffer.from(content)]
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt32LE(crc32(data), 10)
    facts.writeUInt32LE(data.length, 14)
    facts.writeUInt32LE(data.length, 18)
    facts.writeUInt16LE(file.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, file, data])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, tail, file]))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(directory.length, 4)
  end.writeUInt16LE(directory.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), end])
}

const wheelOf = (members: Readonly<Record<string, string>>): string => {
  const file = join(temporary(), 'tensorflow-9.9.9-py3-none-any.whl')
  writeFileSync(file, zip(members))
  return file
}

describe('the cache of built engines', () => {
  const previous = process.env['SAFE_CACHE']
  beforeEach(() => (process.env['SAFE_CACHE'] = temporary()))
  afterAll(() => {
    if (previous === undefined) delete process.env['SAFE_CACHE']
    else process.env['SAFE_CACHE'] = previous
  })

  it('is where the environment says', () => {
    expect(cacheHome({ SAFE_CACHE: '/a' })).toBe('/a')
    expect(cacheHome({ XDG_CACHE_HOME: '/b', SAFE_CACHE: '' })).toBe('/b/safe')
    expect(cacheHome({})).toMatch(/\.cache\/safe$/)
  })

  it('lists only complete engines of this platform, newest first, and none after cleaning', async () => {
    const add = (tensorflow: string, built: string, platform: string, complete = true): void => {
      const facts = { variant: 'native', tensorflow, tfjs: '4.22.0', platform, arch: process.arch } as const
      const folder = engineFolder(facts)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'engine.json'), JSON.stringify({ ...facts, origin: 'a wheel', built }))
      if (complete) writeFileSync(join(folder, 'tfjs_binding.node'), '')
    }
    expect(builtEngines()).toEqual([])
    add('2.20.0', '2026-01-01', process.platform)
    add('2.21.0', '2026-02-01', process.platform)
    add('2.22.0', '2026-03-01', 'plan9')
    add('2.23.0', '2026-04-01', process.platform, false)
    mkdirSync(join(engineHome(), 'broken'))
    writeFileSync(join(engineHome(), 'broken', 'engine.json'), '{')
    expect(builtEngines().map(({ manifest }) => manifest.tensorflow)).toEqual(['2.21.0', '2.20.0'])
    expect(await cleanEngines()).toEqual({ _tag: 'Right', right: { removed: engineHome() } })
    expect(builtEngines()).toEqual([])
    expect(await cleanEngines()).toEqual({ _tag: 'Right', right: { removed: undefined } })
  })
})

describe('wheels', () => {
  it('unpacks the requested members, and nothing else', async () => {
    const wheel = wheelOf({ 'a/one.txt': 'one', 'a/two.txt': 'two', 'b/': '' })
    const folder = temporary()
    expect(
      await unpackWheel(wheel, folder, (m) => (m.endsWith('two.txt') ? 'x/y.txt' : undefined))(),
    ).toEqual({
      _tag: 'Right',
      right: ['x/y.txt'],
    })
    expect(readFileSync(join(folder, 'x', 'y.txt'), 'utf8')).toBe('two')
    expect(existsSync(join(folder, 'a'))).toBe(false)
  })

  it('refuses a damaged file and a member outside the folder', async () => {
    const damaged = join(temporary(), 'x.whl')
    writeFileSync(damaged, 'not a zip file at all, although long enough to be one')
    for (const wheel of [damaged, wheelOf({ '../../out.txt': 'x' })])
      expect(await unpackWheel(wheel, temporary(), (m) => m)()).toMatchObject({
        _tag: 'Left',
        left: { _tag: 'EngineBuildFailed', kind: 'failure', where: wheel },
      })
  })

  it("reads the CUDA libraries that a wheel's extra requires", async () => {
    const wheel = wheelOf({
      'tensorflow-9.9.9.dist-info/METADATA': [
        'Requires-Dist: numpy>=1.26.0',
        'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
        "Requires-Dist: nvidia-cudnn-cu12 (<10.0,>=9.3); extra == 'and-cuda'",
        'Requires-Dist: nvidia-other; extra == "else"',
      ].join('\n'),
    })
    expect(await cudaRequirements(wheel, temporary())()).toEqual({
      _tag: 'Right',
      right: ['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-cudnn-cu12<10.0,>=9.3'],
    })
  })
})

describe('where the library comes from', () => {
  const acquire = (source: Parameters<typeof acquireLibrary>[1]): Promise<unknown> =>
    acquireLibrary('native', source, temporary())()

  it('uses an installed TensorFlow and the C library in place', async () => {
    for (const [libraries, place] of [
      [['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'], '.'],
      [['libtensorflow.so.2', 'libtensorflow_framework.so.2'], 'lib'],
    ] as const) {
      const folder = temporary()
      mkdirSync(join(folder, place), { recursive: true })
      mkdirSync(join(folder, 'include', 'tensorflow', 'c'), { recursive: true })
      for (const name of libraries) writeFileSync(join(folder, place, name), '')
      expect(await acquire({ kind: 'folder', folder })).toMatchObject({
        left: { message: expect.stringContaining('c_api.h') as unknown },
      })
      writeFileSync(join(folder, 'include', 'tensorflow', 'c', 'c_api.h'), '')
      expect(await acquire({ kind: 'folder', folder })).toMatchObject({
        right: { libraries: { folder: join(folder, place), names: libraries, runPath: join(folder, place) } },
      })
    }
  })

  it.each([
    [{ kind: 'wheel', file: '/no/such.whl' }, 'input', 'no such file'],
    [{ kind: 'wheel', file: wheelOf({ 'a.txt': '' }) }, 'input', 'holds no libtensorflow_cc.so.2'],
    [{ kind: 'folder', folder: temporary() }, 'input', 'holds no libtensorflow'],
    [{ kind: 'installed', python: 'no-such-python' }, 'input', 'has no TensorFlow installed'],
  ] as const)('reports what is wrong with %j', async (source, kind, message) => {
    expect(await acquire(source)).toMatchObject({
      left: { kind, message: expect.stringContaining(message) as unknown },
    })
  })

  it('reports that Python is needed if there is none to download with', async () => {
    process.env['SAFE_CACHE'] = temporary()
    const result = await acquire({ kind: 'download', python: 'no-such-python', version: '2.21.0' })
    delete process.env['SAFE_CACHE']
    expect(result).toMatchObject({
      left: { kind: 'failure', message: expect.stringContaining('there is no no-such-python') as unknown },
    })
  })
})

describe('runProgram', () => {
  it('returns the output, the end of the error output, or that there is no such program', async () => {
    expect(await runProgram(process.execPath, ['-e', 'process.stdout.write("2\\n")'])()).toEqual({
      _tag: 'Right',
      right: '2\n',
    })
    expect(await runProgram(process.execPath, ['-e', 'console.error("a\\nb");process.exit(3)'])()).toEqual({
      _tag: 'Left',
      left: { kind: 'failed', code: 3, output: 'a | b' },
    })
    expect(await runProgram('no-such-program', [])()).toEqual({ _tag: 'Left', left: { kind: 'absent' } })
    expect(await runProgram(process.execPath, [], { signal: AbortSignal.abort() })()).toEqual({
      _tag: 'Left',
      left: { kind: 'stopped' },
    })
  })
})

describe('quietly', () => {
  it('restores standard error even after an exception, and works without the addon', () => {
    const calls: string[] = []
    const addon = { hush: () => calls.push('hush'), speak: () => calls.push('speak') }
    expect(quietly(addon, () => 1)).toBe(1)
    expect(() =>
      quietly(addon, () => {
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(calls).toEqual(['hush', 'speak', 'hush', 'speak'])
    expect(quietly(undefined, () => 2)).toBe(2)
  })
})
