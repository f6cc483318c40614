import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { faultLine } from '../../src/contracts'
import { addressText, parseAddress } from '../../src/endpoint'

describe('an address', () => {
  it.each([
    ['http://localhost:8000/v1#judge', 'http://localhost:8000/v1', 'judge'],
    ['http://localhost:8000#judge', 'http://localhost:8000/v1', 'judge'],
    ['http://localhost:8000/#judge', 'http://localhost:8000/v1', 'judge'],
    ['http://[::1]:8000/v1/#judge', 'http://[::1]:8000/v1', 'judge'],
    ['https://openrouter.ai/api/v1#org/model:free', 'https://openrouter.ai/api/v1', 'org/model:free'],
    ['https://api.openai.com/v1#a#b c', 'https://api.openai.com/v1', 'a#b c'],
  ])('%s', (text, url, model) => {
    expect(parseAddress(text)).toEqual(E.right({ url, model }))
  })

  it.each([
    ['http://localhost:8000/v1', 'names no model', 'http://localhost:8000/v1/models'],
    ['http://localhost:8000/v1# ', 'names no model', 'append #MODEL'],
    ['localhost:8000/v1#judge', 'is not an http or https address', 'write http://HOST'],
    ['ftp://host/v1#judge', 'is not an http or https address', 'write http://HOST'],
    ['#judge', 'is not an http or https address', 'write http://HOST'],
    ['http://host/v1/chat/completions#judge', 'names an operation', 'leave out /chat/completions'],
    ['http://host/v1#a\nb', 'names an impossible model', 'write http://HOST'],
  ])('%j is refused', (text, message, remedy) => {
    const parsed = parseAddress(text)
    expect(parsed).toMatchObject(E.left({ _tag: 'BadOption', kind: 'input', message }))
    expect(E.isLeft(parsed) ? faultLine(parsed.left) : '').toContain(remedy)
  })

  it.each([
    'https://me:secretWord@host/v1#judge',
    'https://secretWord@host/v1',
    'https://host/v1?key=secretWord#judge',
  ])('%s is refused without showing the secret', (text) => {
    const parsed = parseAddress(text)
    expect(E.isLeft(parsed)).toBe(true)
    expect(JSON.stringify(parsed)).not.toContain('secretWord')
  })

  it('is its text', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ validSchemes: ['http', 'https'] }),
        fc.string({ minLength: 1 }).filter((s) => s.trim() !== '' && !/[\u0000-\u001f\u007f]/.test(s)),
        (url, model) => {
          const parsed = parseAddress(`${url}#${model}`)
          fc.pre(E.isRight(parsed))
          expect(parseAddress(addressText(parsed.right))).toEqual(parsed)
        },
      ),
    )
  })
})
