import { textExample } from '@safe/tensor-core/contracts'
import { repeatedCanaries, warnOfCanaries, warnOfScripts, withoutRougeWords } from '../src/cli/rowWarnings'

const rows = (name: string, ...texts: ReadonlyArray<readonly [string, string]>) => ({
  name,
  examples: texts.map(([prompt, response], i) => textExample(String(i), prompt, response)),
})
const heard = () => {
  const said: string[] = []
  return { said, terminal: { warn: (text: string) => void said.push(text) } }
}

describe('responses that rouge cannot read', () => {
  it('have no word of its alphabet; empty ones are another matter', () =>
    expect(withoutRougeWords(['привет мир', '日本', 'héllo', '42', '', ' ', '?!'])).toBe(3))

  it('are warned of where rouge compares with them', () => {
    const { said, terminal } = heard()
    const responses = ['привет', 'hello']
    warnOfScripts(terminal, 'first-token', undefined, responses)()
    warnOfScripts(terminal, 'rouge', 'past-completion', responses)()
    warnOfScripts(terminal, 'rouge', undefined, ['hello'])()
    expect(said).toEqual([])
    warnOfScripts(terminal, 'rouge', undefined, responses)()
    expect(said).toEqual([expect.stringMatching(/^1 of 2 responses have no letters a to z/)])
  })
})

describe('canaries that are rows of the data', () => {
  const data = rows('data', ['p', 'r'], ['q', 'r'])
  it('are those with the same prompt and response', () =>
    expect(repeatedCanaries(data, rows('canaries', ['q', 'r'], ['q', 's'], ['pr', '']))).toBe(1))

  it('are warned of', () => {
    const { said, terminal } = heard()
    warnOfCanaries(terminal, data, rows('canaries', ['x', 'y']))()
    expect(said).toEqual([])
    warnOfCanaries(terminal, data, rows('canaries', ['p', 'r'], ['x', 'y']))()
    expect(said).toEqual([expect.stringMatching(/^1 of 2 canaries are rows of the data too/)])
  })
})
