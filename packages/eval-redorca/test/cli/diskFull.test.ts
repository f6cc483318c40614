/** A benchmark on a disk that is full from the start: one line, exit 1, and a folder that the same command goes on in. */
import type * as Files from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { folderState } from '../../src/work/folderState'
import { file, folder, runWith } from '../fakes/commandLine'

const disk = { out: '' }
jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<typeof Files>('node:fs/promises')
  return {
    ...real,
    // As a full disk does: the file is made, and nothing can be written into it.
    writeFile: async (...[path, content, options]: Parameters<typeof real.writeFile>) => {
      const full = disk.out !== '' && typeof path === 'string' && path.startsWith(disk.out)
      await real.writeFile(path, full ? '' : content, options)
      if (full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    },
  }
})

describe('bench on a full disk', () => {
  it('says so, and leaves a folder that the same command goes on in', async () => {
    const config = file('c.yaml', 'suite: arena')
    disk.out = join(folder(), 'results')
    const { code, err, out } = await runWith()('bench', '--config', config, '--out', disk.out)
    expect(err).toMatch(
      /^redorca: \S*results\S*: the disk is full \(ENOSPC: .*\); free some space, then run the same command again; .*\n$/,
    )
    expect([code, out]).toEqual([1, ''])
    expect(folderState(disk.out)).toEqual(E.right({ _tag: 'Begun' }))
  })
})
