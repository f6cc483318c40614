import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { compilePattern, compileTable } from '../../src/files/boundedPattern'
import { right } from '../formats/folder'

const matches = (pattern: string, text: string): boolean =>
  right(E.mapLeft((message: string) => ({ message }))(compilePattern(pattern)))(text)

describe('bounded patterns', () => {
  it.each([
    ['', ''],
    ['abc', 'abc'],
    ['a.c', 'abc'],
    ['a|b|', ''],
    ['(ab)+', 'ababab'],
    ['(?:a|bc){2,3}', 'abca'],
    ['[a-c]+[^x-z]', 'abcd'],
    ['[]a-]+', 'a-]'],
    ['^a$', 'a'],
    [String.raw`\d+\.\w*`, '12.é_x'],
    ['(?=ab)a.', 'ab'],
    ['(?!.*visual).*q_proj', 'model.q_proj'],
    ['a*?b+?', 'aabb'],
    ['x{3}', 'xxx'],
    ['(?P<n>a)b', 'ab'],
  ])('%s matches %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true)
    expect(matches(pattern, `${text}\u0001!`)).toBe(false)
  })

  it('agrees with a backtracking engine', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      String.raw`\w`,
      '(?:a|bb)',
      '(a?b)',
      '(?=a)',
      '(?!b)',
    )
    const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}', '{2}'))
    const pattern = fc
      .array(
        fc.oneof(
          piece.map(([a, q]) => (a.startsWith('(?=') || a.startsWith('(?!') ? a : a + q)),
          fc.constant('|'),
        ),
        {
          maxLength: 6,
        },
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 }), (p, text) => {
        expect(matches(p, text)).toBe(new RegExp(`^(?:${p})$`, 'u').test(text))
      }),
      { numRuns: 500 },
    )
  })

  it('takes bounded time on patterns that are catastrophic for backtracking', () => {
    for (const pattern of ['(a+)+b', '(a|a)*b', '(a*)*(a*)*b', '(?:(?=(a+)+b)a)*b', '((a{0,20}){0,20})b'])
      expect(matches(pattern, 'a'.repeat(400))).toBe(false)
    expect(matches('.*', 'a'.repeat(501))).toBe(false)
  })

  it.each([
    '(',
    ')',
    '[',
    'a{1001}',
    '*a',
    'a**',
    '\\',
    String.raw`\1`,
    '(?i)a',
    '(?<!a)b',
    '[b-a]',
    'x'.repeat(1001),
    '('.repeat(500),
  ])('refuses %s', (pattern) => {
    expect(compilePattern(pattern)._tag).toBe('Left')
  })

  it('refuses or matches any text, without an exception', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab()[]{}*+?|^$.\\,-<=!:1dw')), maxLength: 20 }),
        (pattern) => {
          const compiled = compilePattern(pattern)
          if (compiled._tag === 'Right') expect(typeof compiled.right('abab')).toBe('boolean')
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('tables', () => {
  const value = (table: ReadonlyArray<readonly [string, number]>, name: string): number | undefined =>
    right(E.mapLeft((message: string) => ({ message }))(compileTable(table)))(name)

  it('give the first value whose key matches, by name or by pattern', () => {
    const table = [
      ['q_proj', 1],
      ['layers\\.0\\..*', 2],
      ['a.b', 3],
    ] as const
    expect(value(table, 'model.layers.0.q_proj')).toBe(1)
    expect(value(table, 'q_proj')).toBe(1)
    expect(value(table, 'model.layers.0.v_proj')).toBe(2)
    expect(value(table, 'axb')).toBe(3)
    expect(value(table, 'xq_proj')).toBeUndefined()
  })

  it('treat names as patterns', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\.', '_', '1'), minLength: 1, maxLength: 5 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', '1'), maxLength: 8 }),
        (key, name) => {
          const whole = new RegExp(`^(?:(.*\\.)?(${key}))$`).test(name)
          expect(value([[key, 7]], name)).toBe(whole ? 7 : undefined)
        },
      ),
      { numRuns: 2000 },
    ))

  it('are limited as a whole', () => {
    const heavy = Array.from({ length: 20 }, (_, i) => [`(${'a*.*'.repeat(100)}){0,3}y${i}`, 2] as const)
    expect(compileTable(heavy)).toMatchObject({ left: 'its patterns have more than 2000 steps together' })
    expect(compileTable(Array.from({ length: 10_001 }, (_, i) => [`a${i}`, 1] as const))._tag).toBe('Left')
    const names = Array.from({ length: 5000 }, (_, i) => [`layers.${i}.q_proj`, i] as const)
    expect(value(names, 'model.layers.4999.q_proj')).toBe(4999)
  })
})
