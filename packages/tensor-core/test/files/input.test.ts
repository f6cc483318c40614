import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readText } from '../../src/files'

describe('reading a text', () => {
  const megabyte = 1 << 20
  it.each([0, 1, 4095, megabyte, megabyte + 1, 3 * megabyte])(
    'of %d bytes, in one part or in several',
    async (size) => {
      const path = join(mkdtempSync(join(tmpdir(), 'input-')), 'text')
      const text = 'abcdefg'.repeat(size / 7 + 1).slice(0, size)
      writeFileSync(path, text)
      const found = await readText(path)()
      expect(found._tag === 'Right' && found.right === text).toBe(true)
    },
  )

  it('whose size its status does not tell', async () => {
    if (process.platform !== 'linux') return
    const found = await readText('/proc/self/status')()
    expect(found._tag === 'Right' ? found.right : '').toContain('Name:')
  })
})
