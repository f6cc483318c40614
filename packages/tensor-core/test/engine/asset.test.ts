import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { assetOrThrow, readAsset } from '../../src/engine/asset'
import { isCurrent, kernelsDigest, headers, unitPaths, units } from '../../src/engine/native/kernels/sources'
import { quietPath } from '../../src/engine/native/quiet'

const source = join(__dirname, '..', '..', 'src')
const engine = join(source, 'engine')

/** Files below a folder that are not TypeScript, by their paths from it. */
const assetsBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) !== '.ts')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

describe('kernels beside the modules that use them', () => {
  it('are read from the sources, every one', () => {
    const assets = assetsBelow(source)
    expect(assets).toContain('engine/wasm/kernels.wasm')
    for (const asset of assets) {
      const content = readAsset(source, asset)
      expect([asset, E.isRight(content) && content.right.length > 0]).toEqual([asset, true])
    }
  })

  it('the wasm module is WebAssembly', () =>
    expect([...assetOrThrow(join(engine, 'wasm'), 'kernels.wasm').subarray(0, 8)]).toEqual([
      ...Buffer.from('\0asm'),
      ...[1, 0, 0, 0],
    ]))

  it('the shaders of sine and cosine use the function that both share', () => {
    const shader = (name: string): string => assetOrThrow(join(engine, 'webgpu'), name).toString('utf8')
    expect(shader('shiftedSine.wgsl')).toContain('fn shiftedSine(')
    for (const name of ['sine.wgsl', 'cosine.wgsl']) {
      expect(shader(name)).toContain('fn main(index : i32)')
      expect(shader(name)).toContain('shiftedSine(')
    }
  })

  it('the list of the C++ sources is complete', () => {
    expect([...units, ...headers].sort()).toEqual(assetsBelow(join(engine, 'native', 'kernels')))
    for (const path of [...unitPaths, quietPath]) expect(readFileSync(path, 'utf8')).toContain('#include')
  })

  it('a library compiled from other sources is not current', () => {
    const digest = kernelsDigest()
    expect(digest).toEqual({ _tag: 'Right', right: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown })
    expect(isCurrent(E.isRight(digest) ? digest.right : undefined)).toBe(true)
    for (const other of ['0123456789abcdef', 1, undefined]) expect(isCurrent(other)).toBe(false)
  })

  it('a missing file is named, with what to do', () => {
    expect(readAsset('/no/such', 'kernels.wasm')).toMatchObject({
      left: {
        _tag: 'EngineFailed',
        kind: 'failure',
        where: join('/no/such', 'kernels.wasm'),
        remedy: 'install @safe/tensor-core again',
      },
    })
    expect(() => assetOrThrow('/no/such', 'kernels.wasm')).toThrow(/\/no\/such\/kernels\.wasm.*install/)
  })
})

describe('the build', () => {
  it('copies assets to where the compiled modules look for them, and removes those that are gone', () => {
    const project = mkdtempSync(join(tmpdir(), 'build-'))
    const write = (path: string): void => {
      mkdirSync(join(project, path, '..'), { recursive: true })
      writeFileSync(join(project, path), path)
    }
    ;['src/a/one.ts', 'src/a/one.wgsl', 'src/two.wasm', 'dist/a/one.js', 'dist/a/old.cc'].forEach(write)
    execFileSync(
      process.execPath,
      [join(__dirname, '..', '..', '..', '..', 'tools', 'build', 'assets.mjs')],
      { cwd: project },
    )
    expect(assetsBelow(join(project, 'dist'))).toEqual(['a/one.js', 'a/one.wgsl', 'two.wasm'])
    expect(readFileSync(join(project, 'dist', 'a', 'one.wgsl'), 'utf8')).toBe('src/a/one.wgsl')
  })
})
