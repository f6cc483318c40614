import * as t from 'io-ts'
import { decodeAs, decodeWith, errorLine } from '../../src/files'

const Row = t.intersection([
  t.type({ name: t.string, items: t.array(t.type({ size: t.number })) }),
  t.partial({ kind: t.keyof({ a: null, b: null }, 'a or b') }),
])

const line = (u: unknown): string => {
  const decoded = decodeWith(Row, 'rows.jsonl:3')(u)
  if (decoded._tag === 'Right') return ''
  expect(decoded.left).toMatchObject({ _tag: 'BadConfig', kind: 'input', where: 'rows.jsonl:3' })
  return decoded.left.message
}

describe('decoding', () => {
  it('gives the value', () => {
    const row = { name: 'x', items: [{ size: 1 }] }
    expect(decodeWith(Row, 'x')(row)).toEqual({ _tag: 'Right', right: row })
  })

  it.each<[unknown, string]>([
    [{ name: 3, items: [] }, 'field name must be string, but is 3'],
    [{ items: [] }, 'field name is missing'],
    [{ name: 'x', items: [{ size: 1 }, { size: 'y' }] }, 'field items[1].size must be number, but is "y"'],
    [{ name: 'x', items: [], kind: 'c' }, 'field kind must be a or b, but is "c"'],
    [{ name: 'x'.repeat(99), items: 'z'.repeat(99) }, `but is "${'z'.repeat(56)}...`],
  ])('%j', (u, message) => {
    expect(line(u)).toContain(message)
  })

  it('uses the given tag and remedy', () => {
    expect(decodeAs('FileDamaged')(t.string, 'x', 'mend it')(1)).toMatchObject({
      left: { _tag: 'FileDamaged', remedy: 'mend it', message: 'must be string, but is 1' },
    })
    expect(errorLine([])).toBe('is not what it should be')
  })

  it('names the place inside unions', () => {
    const Either = t.union([t.type({ a: t.string }), t.type({ a: t.array(t.number) })])
    expect(decodeAs('BadRow')(t.type({ x: Either }), 'f')({ x: { a: [1, 'no'] } })).toMatchObject({
      left: { message: 'field x.a[1] must be number, but is "no"' },
    })
  })
})
