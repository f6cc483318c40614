import { pathHint } from '../../src/files'

describe('a path that is not there', () => {
  it.each([
    ['C:\\models\\x', 'linux', 'this is a path of Windows; under WSL it is /mnt/c/models/x'],
    ['d:/models/x', 'darwin', 'this is a path of Windows; under WSL it is /mnt/d/models/x'],
    ['models\\x', 'linux', 'write / for \\, as in models/x'],
    ['"models/x"', 'linux', 'the quotes are part of the path here: leave them out, as in models/x'],
    ['“models/x', 'win32', 'the quotes are part of the path here: leave them out, as in models/x'],
    ['~/models', 'linux', 'the shell did not expand ~ here: write the whole path'],
    ['C:\\models\\x', 'win32', undefined],
    ['models/x', 'linux', undefined],
    ['/data/it"s', 'linux', undefined],
  ] as const)('%s on %s', (path, platform, hint) => {
    expect(pathHint(path, platform)).toBe(hint)
  })
})
