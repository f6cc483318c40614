import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { compilePattern } from '../../src/formats/boundedPattern'
import { right } from './folder'

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

  it('takes bounded time on patterns made to take for ever', () => {
    const started = Date.now()
    for (const pattern of ['(a+)+b', '(a|a)*b', '(a*)*(a*)*b', '(?:(?=(a+)+b)a)*b', '((a{0,20}){0,20})b'])
      expect(matches(pattern, 'a'.repeat(400))).toBe(false)
    expect(Date.now() - started).toBeLessThan(20_000)
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

  it('refuses or matches, but never breaks', () => {
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
