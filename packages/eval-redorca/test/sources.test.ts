import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { computingVersion, sourcesHash } from '../src/plan/sources'
import { codeVersions } from '../src/plan/versions'

const checkout = (files: Readonly<Record<string, string>>): string => {
  const root = join(mkdtempSync(join(tmpdir(), 'sources-')), 'src')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

describe('sourcesHash', () => {
  it('depends on names and contents of computing sources, not on commands and reports', () => {
    const one = sourcesHash(checkout({ 'a.ts': '1', 'lm/b.ts': '2', 'cli/c.ts': '3' }))
    expect(sourcesHash(checkout({ 'a.ts': '1', 'lm/b.ts': '2', 'report/d.ts': '4' }))).toBe(one)
    expect(sourcesHash(checkout({ 'a.ts': '1', 'lm/b.ts': '3' }))).not.toBe(one)
    expect(sourcesHash(checkout({ 'a.ts': '1', 'lm/c.ts': '2' }))).not.toBe(one)
  })
})

describe('computingVersion', () => {
  it('adds the hash of the sources to the version of a checkout, and nothing to that of a build', () => {
    const root = checkout({ 'index.ts': 'x' })
    expect(computingVersion('1.0.0', join(root, 'index.ts'))).toBe(`1.0.0+${sourcesHash(root)}`)
    expect(computingVersion('1.0.0', '/somewhere/dist/index.js')).toBe('1.0.0')
  })
  it('identifies a module without a package by its content', () => {
    const [one, two] = [checkout({ 'm.cjs': 'a' }), checkout({ 'm.cjs': 'b' })]
    expect(computingVersion(undefined, join(one, 'm.cjs'))).toMatch(/^file [0-9a-f]{16}$/)
    expect(computingVersion(undefined, join(one, 'm.cjs'))).not.toBe(
      computingVersion(undefined, join(two, 'm.cjs')),
    )
  })
  it('is part of this checkout’s own versions', () => {
    for (const version of Object.values(codeVersions()))
      expect(version).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{16}$/)
  })
})
