import { chmodSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { failure } from '../../src/contracts'
import { refuseExisting, writeError, writeFolder, writeParts, writeWhole } from '../../src/files'
import { folderWith, right } from '../formats/folder'

describe('outputs', () => {
  it('refuse a target that exists, unless overwriting or resuming', () => {
    const folder = folderWith({ x: 'old' })
    const path = join(folder, 'x')
    expect(refuseExisting(path)).toMatchObject({ left: { _tag: 'OutputExists', kind: 'input', where: path } })
    expect(refuseExisting(path, { overwrite: true })._tag).toBe('Right')
    expect(refuseExisting(path, { resume: true })._tag).toBe('Right')
    expect(refuseExisting(join(folder, 'y'))._tag).toBe('Right')
  })

  it('never replace a target of another kind, nor the current folder', () => {
    const folder = folderWith({ x: 'old' })
    const all = { overwrite: true, resume: true }
    expect(refuseExisting(folder, all)).toMatchObject({ left: { message: 'is a folder' } })
    expect(refuseExisting(join(folder, 'x'), all, 'folder')).toMatchObject({ left: { message: 'is a file' } })
    expect(refuseExisting(folder, all, 'folder')._tag).toBe('Right')
    for (const here of ['.', '..', process.cwd(), '/'])
      expect(refuseExisting(here, all, 'folder')).toMatchObject({
        left: { message: 'holds the current folder' },
      })
    expect(refuseExisting('test', all, 'folder')._tag).toBe('Right')
  })

  it('are refused before any work where their folder can never be made', async () => {
    const folder = folderWith({ x: 'a file' })
    const inside = join(folder, 'x', 'y', 'z')
    expect(refuseExisting(inside)).toMatchObject({
      left: {
        _tag: 'WriteFailed',
        kind: 'input',
        where: inside,
        message: `cannot be written: ${join(folder, 'x')} is a file, not a folder`,
      },
    })
    expect(refuseExisting(join(folder, 'y', 'z'))._tag).toBe('Right')
    // root may write everywhere
    chmodSync(folder, 0o500)
    const forbidden = refuseExisting(join(folder, 'y'))
    expect(forbidden._tag).toBe(process.getuid?.() === 0 ? 'Right' : 'Left')
    chmodSync(folder, 0o700)
    expect(await writeWhole(inside, 'z')()).toMatchObject({ left: { _tag: 'WriteFailed', where: inside } })
  })

  it.each([
    ['ENOSPC', 'the disk is full', 'run the same command again'],
    ['EDQUOT', 'used up', 'free some space'],
    ['EACCES', 'permission denied', 'may write to'],
    ['EROFS', 'read-only', 'another folder'],
    ['ENOTDIR', 'is a file', 'another path'],
  ])('say %s in words', (code, message, remedy) => {
    const fault = writeError('out')(Object.assign(new Error(`${code}: something`), { code }))
    expect(fault).toMatchObject({ _tag: 'WriteFailed', kind: 'failure', where: 'out' })
    expect(fault.message).toContain(message)
    expect(fault.message).not.toContain(code)
    expect(fault.remedy).toContain(remedy)
  })

  it('keep the words of an error without a known code', () => {
    expect(writeError('out')(new Error('odd')).message).toBe('cannot be written (odd)')
  })

  it('are whole or absent', async () => {
    const folder = folderWith({ x: 'old' })
    const path = join(folder, 'x')
    const part = new TextEncoder().encode('new')
    const broken = await writeParts(path, (write) =>
      TE.chainW(() => TE.left(failure('Broken', 'no')))(write(part)),
    )()
    expect(broken).toMatchObject({ left: { _tag: 'Broken' } })
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['x'], 'old'])
    right(await writeParts(path, (write) => TE.chain(() => write(part))(write(part)))())
    expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['x'], 'newnew'])
    right(await writeWhole(join(folder, 'deep', 'y'), 'z')())
    expect(readFileSync(join(folder, 'deep', 'y'), 'utf8')).toBe('z')
  })

  it('may be folders, whole or absent too', async () => {
    const parent = folderWith({ 'x/old': 'old' })
    const path = join(parent, 'x')
    const fill = (ok: boolean) =>
      writeFolder(path, (folder) =>
        TE.chainW(() => (ok ? TE.right(1) : TE.left(failure('Broken', 'no'))))(
          writeWhole(join(folder, 'new'), 'n'),
        ),
      )()
    expect((await fill(false))._tag).toBe('Left')
    expect([readdirSync(parent), readdirSync(path)]).toEqual([['x'], ['old']])
    expect((await fill(true))._tag).toBe('Right')
    expect([readdirSync(parent), readdirSync(path)]).toEqual([['x'], ['new']])
  })

  it('give an error where they cannot be written', async () => {
    const folder = folderWith({ file: '' })
    const path = join(folder, 'file', 'x')
    expect(await writeWhole(path, 'x')()).toMatchObject({ left: { _tag: 'WriteFailed', kind: 'failure' } })
    expect(await writeParts(path, () => TE.right(undefined))()).toMatchObject({
      left: { _tag: 'WriteFailed' },
    })
    expect(existsSync(path)).toBe(false)
  })
})
