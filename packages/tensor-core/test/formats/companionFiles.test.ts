import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { copyCompanionFiles } from '../../src/formats/companionFiles'
import { folderWith, right } from './folder'

const fault = async (folder: string) => {
  const copied = await copyCompanionFiles(folder, folderWith())()
  return copied._tag === 'Left' ? copied.left : undefined
}

describe('companions', () => {
  it('are copied by their names, and nothing else is', async () => {
    const from = folderWith({
      'tokenizer.json': '{}',
      'merges.txt': 'a b',
      'config.json': '{}',
      'x/vocab.json': '',
    })
    const to = folderWith()
    right(await copyCompanionFiles(from, to)())
    expect(readdirSync(to).sort()).toEqual(['merges.txt', 'tokenizer.json'])
    expect(readFileSync(join(to, 'merges.txt'), 'utf8')).toBe('a b')
  })

  it('may be links inside their folder, and links of a snapshot to the blobs of its cache', async () => {
    const cache = folderWith({ 'blobs/1': 'one', 'snapshots/c/more/merges.txt': 'two' })
    const from = join(cache, 'snapshots', 'c')
    symlinkSync(join('..', '..', 'blobs', '1'), join(from, 'tokenizer.json'))
    symlinkSync(join('more', 'merges.txt'), join(from, 'merges.txt'))
    const [to, link] = [folderWith(), join(folderWith(), 'model')]
    // The folder itself may be a link, too.
    symlinkSync(from, link)
    right(await copyCompanionFiles(link, to)())
    expect(['tokenizer.json', 'merges.txt'].map((name) => readFileSync(join(to, name), 'utf8'))).toEqual([
      'one',
      'two',
    ])
  })

  it('that lead to other files of the machine are not copied', async () => {
    const elsewhere = folderWith({ secret: 'a key', 'models/blobs-of-mine/secret': 'a key' })
    for (const target of [join(elsewhere, 'secret'), join(elsewhere, 'models', 'blobs-of-mine', 'secret')]) {
      const from = join(elsewhere, 'models', 'a', `b${target.length}`)
      mkdirSync(from, { recursive: true })
      symlinkSync(target, join(from, 'merges.txt'))
      expect(await fault(from)).toMatchObject({
        _tag: 'FileUnsupported',
        kind: 'input',
        where: join(from, 'merges.txt'),
        message: expect.stringContaining('a link to a file outside of its folder') as unknown,
      })
    }
  })

  it('that never end are not copied', async () => {
    const from = folderWith()
    execFileSync('mkfifo', [join(from, 'merges.txt')])
    expect(await fault(from)).toMatchObject({ _tag: 'FileUnreadable' })
    const device = folderWith()
    symlinkSync('/dev/zero', join(device, 'vocab.json'))
    expect(await fault(device)).toMatchObject({ _tag: 'FileUnreadable' })
  })
})
