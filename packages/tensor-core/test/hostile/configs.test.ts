/** `--config FILE.yaml` of a command: what would expand or nest without end is one line, and no key has a special meaning. */
import { join } from 'node:path'
import { readConfig } from '../../src/cli/kit/configFile'
import { text, withDefault } from '../../src/options'
import { folderWith } from '../formats/folder'

const table = { name: withDefault('x', text('a name')) }
const read = (yaml: string) => readConfig(join(folderWith({ 'x.yaml': yaml }), 'x.yaml'), table)

/** Eight levels of nine aliases each: 43 million items. */
const bomb = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  .map(
    (c, i, all) =>
      `${c}: &${c} [${Array(9)
        .fill(i === 0 ? 'x' : `*${all[i - 1] ?? ''}`)
        .join(', ')}]\n`,
  )
  .join('')

it.each([
  ['aliases of aliases', `${bomb}name: *h\n`, /alias/i],
  ['brackets in brackets', `name: ${'['.repeat(100_000)}`, /./],
  ['a key of objects', '__proto__: { name: y }\n', /unknown option __proto__/],
  ['another key of objects', 'constructor: { prototype: { polluted: 1 } }\n', /unknown option constructor/],
  ['a tag of another language', 'name: !!js/function "function () { process.exit() }"\nx: 1\n', /./],
])('%s', (_, yaml, message) => {
  const found = read(yaml)
  expect(found).toMatchObject({ left: { _tag: 'BadConfig', kind: 'input' } })
  expect(found._tag === 'Left' ? found.left.message : '').toMatch(message)
  expect({}).not.toHaveProperty('polluted')
})

it('a plain file is read', () => {
  expect(read('name: y\n')).toMatchObject({ right: { name: 'y' } })
})
