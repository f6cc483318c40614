import { childOptions } from '../../src/files/childOptions'

const sources = '--conditions=@safe/source'

describe('options of a child process', () => {
  it('are those of this process', () => {
    expect(childOptions('x.js', ['--expose-gc'])).toEqual(['--expose-gc'])
    expect(childOptions('x.ts', [sources, '--require', 'y'])).toEqual([sources, '--require', 'y'])
  })
  it('have a loader where a process without one starts a module of TypeScript', () => {
    expect(childOptions('x.ts', ['--expose-gc'])).toEqual([
      sources,
      '--import',
      expect.stringMatching(/^file:.*tsx/),
    ])
  })
  it.each(['-e', '-p', '-pe', '--eval', '--print'])(
    'have no program of %s, which would start children without end',
    (option) => {
      expect(childOptions('x.js', ['--expose-gc', option, 'start()', '--no-warnings'])).toEqual([
        '--expose-gc',
        '--no-warnings',
      ])
    },
  )
})
