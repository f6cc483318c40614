import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { badInput, pluginVersion } from '@safe/tensor-core/contracts'
import { type LoadModule, loadMethod, loadModule } from '../src/plan/plugins'

const method = {
  use: 'own',
  name: 'guard',
  options: { maxRank: 0 },
  label: undefined,
  control: false,
  controls: undefined,
  byDefault: false,
}
const offering =
  (complete: unknown): LoadModule =>
  () =>
    E.right({
      version: '1',
      exports: {
        plugins: [
          {
            specificationVersion: pluginVersion,
            name: 'guard',
            stage: 'data',
            summary: '',
            needs: [],
            complete,
            create: () => undefined,
          },
        ],
      },
    })

describe('loadMethod', () => {
  it('names the key of a bad option as a configuration spells it', () => {
    const complete = () =>
      E.left(badInput('BadConfig', 'must be at least 1', { field: 'maxRank', where: 'guard' }))
    expect(loadMethod(offering(complete))(method, 'data')).toEqual(
      E.left(badInput('BadConfig', 'max-rank must be at least 1', { where: 'guard' })),
    )
    const both = () => E.left(badInput('BadConfig', 'give either `rank` or `maxRank`', { field: 'maxRank' }))
    expect(loadMethod(offering(both))(method, 'data')).toMatchObject({
      left: { message: 'give either rank or max-rank' },
    })
  })
  it('names a plugin that throws', () => {
    const complete = () => {
      throw new Error('boom')
    }
    expect(loadMethod(offering(complete))(method, 'data')).toMatchObject({
      left: { where: 'own (guard)', message: expect.stringContaining('boom') as unknown },
    })
  })
})

describe('loadModule', () => {
  it('knows a module of a path by its files, whatever a package.json beside it says', () => {
    const versionOf = (text: string): string => {
      const folder = join(mkdtempSync(join(tmpdir(), 'plugin-')), 'guard')
      mkdirSync(folder)
      writeFileSync(join(folder, 'package.json'), '{ "version": "1.0.0", "main": "index.cjs" }')
      writeFileSync(join(folder, 'index.cjs'), text)
      const loaded = loadModule(folder)
      return E.isRight(loaded) ? loaded.right.version : loaded.left.message
    }
    const one = versionOf('exports.plugins = []')
    expect(one).toMatch(/^file [0-9a-f]{16}$/)
    expect(versionOf('exports.plugins = []')).toBe(one)
    expect(versionOf('exports.plugins = [1]')).not.toBe(one)
  })
})
