/** Which results folders a run continues, which it refuses, and what a killed run leaves in them. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { withDiskFull } from '../src/cli/diskFull'
import { memberFault } from '../src/cli/runMember'
import { type FolderChoice, prepared } from '../src/cli/prepared'
import { type BenchConfig, configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { differenceLine, firstDifference } from '../src/config/difference'
import { completedConfig } from '../src/plan/bench'
import { folderStore } from '../src/store'
import { claiming } from '../src/work/claim'
import { folderState } from '../src/work/folderState'
import { tidied } from '../src/work/leftovers'
import { ports } from './fakes/ports'

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}
const configured = (more: Readonly<Record<string, unknown>> = {}): BenchConfig =>
  right(
    decodeConfig(
      {
        ...{ regimes: ['poison:0.05'], seeds: [1] },
        stages: { data: [], training: [], weights: [{ use: 'fake-methods', name: 'fade' }], decoding: [] },
        ...more,
      },
      'test',
    ),
  )
const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-prepared-'))
/** A folder with these files; a name that ends with a slash is a folder. */
const holding = (files: Readonly<Record<string, string>>): string => {
  const out = folder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(out, name, name.endsWith('/') ? '.' : '..'), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(join(out, name), content)
  }
  return out
}
/** A folder that a run of this configuration was stopped in, after its first cell. */
const stoppedRun = (config: BenchConfig): string =>
  holding({
    'config.yaml': stringify(configDocument(right(completedConfig(ports.loadModule, config)))),
    'cells/0123456789abcdef/cell.json': '{}',
    'cells/.fedcba9876543210.0a1b2c3d4e5f.tmp/': '',
  })

const go = async (
  out: string,
  config: BenchConfig,
  choice: Partial<FolderChoice> = {},
): Promise<{ readonly notes: ReadonlyArray<string>; readonly result: E.Either<Fault, void> }> => {
  const notes: string[] = []
  const result = await prepared(
    { out, overwrite: false, resume: false, ...choice },
    {
      config,
      loadModule: ports.loadModule,
      terminal: { note: (line) => void notes.push(line) },
      signal: new AbortController().signal,
    },
  )()
  return { notes, result }
}

describe('a results folder', () => {
  it('of the same configuration is continued', async () => {
    const out = stoppedRun(configured())
    expect(await go(out, configured())).toEqual({
      notes: [`continuing ${out}: 1 cell is finished`],
      result: E.right(undefined),
    })
    // How many processes there are, and how many prompts they read at once, says nothing about results.
    expect((await go(out, configured({ workers: 1, batchSize: 2 }))).result).toEqual(E.right(undefined))
  })
  it('of another configuration is refused, with the first difference, and continued on request', async () => {
    const out = stoppedRun(configured())
    const other = configured({ seeds: [1, 2] })
    expect((await go(out, other)).result).toMatchObject({
      left: {
        _tag: 'OutputExists',
        kind: 'input',
        where: out,
        message: 'holds results of another configuration (seeds: [1] there, [1,2] here)',
        remedy: expect.stringMatching(/`resume` to go on .*`overwrite` to start again/) as unknown,
      },
    })
    expect(await go(out, other, { resume: true })).toEqual({
      notes: [
        `continuing ${out} with another configuration (seeds: [1] there, [1,2] here): 1 cell is finished`,
      ],
      result: E.right(undefined),
    })
    expect(existsSync(join(out, 'cells', '0123456789abcdef'))).toBe(true)
  })
  it('is started again on request, but not under another run', async () => {
    const out = stoppedRun(configured())
    const busy = await pipe(
      claiming(
        folderStore(out),
        { signal: new AbortController().signal, note: () => undefined },
        TE.fromTask(() => go(out, configured(), { overwrite: true })),
      ),
    )()
    expect(right(busy).result).toMatchObject({ left: { _tag: 'OutputBusy' } })
    expect(existsSync(join(out, 'config.yaml'))).toBe(true)
    expect((await go(out, configured({ seeds: [2] }), { overwrite: true })).result).toEqual(
      E.right(undefined),
    )
    expect(existsSync(out)).toBe(false)
  })
  it.each([
    ['nothing but the lock', { 'leases/': '' }],
    ['a temporary configuration', { '.config.yaml.0a1b2c3d4e5f.tmp': 'suite: ar' }],
    ['nothing but work', { 'work/': '' }],
    ['nothing but leases', { 'leases/': '' }],
    ['an empty configuration', { 'config.yaml': '', 'cells/': '', '.results.json.0a1b2c3d4e5f.tmp': '' }],
  ])('that a run has only begun, with %s, is continued', async (_, files) => {
    const out = holding(files)
    expect(await go(out, configured())).toEqual({
      notes: [`continuing ${out}: 0 cells are finished`],
      result: E.right(undefined),
    })
  })
  it.each([
    ['no', {}, 'config.yaml is missing'],
    ['an empty', { 'config.yaml': '\n' }, 'config.yaml is empty'],
    ['an unreadable', { 'config.yaml': 'seeds: one' }, 'config.yaml: seeds'],
  ])('with cells and %s configuration is continued on request only', async (_, files, reason) => {
    const out = holding({ 'cells/0123456789abcdef/cell.json': '{}', ...files })
    const { result } = await go(out, configured())
    expect(E.isLeft(result) && [result.left.kind, result.left.message]).toEqual([
      'input',
      expect.stringContaining('holds results of a configuration that is not known'),
    ])
    expect(E.isLeft(result) && result.left.message).toContain(reason.split(':').at(-1)?.trim())
    expect((await go(out, configured(), { resume: true })).result).toEqual(E.right(undefined))
  })
  it.each([
    ['photos', { 'photos/': '' }],
    ['another configuration file', { 'config.yaml': 'port: 80' }],
    ['a folder of samples', { 'samples/': '' }],
    ['a run that began, and photos', { 'work/': '', 'photos/': '' }],
  ])('is none with %s, and is refused whatever is asked for', async (_, files) => {
    for (const choice of [{}, { resume: true }, { overwrite: true }]) {
      const out = holding(files)
      expect((await go(out, configured(), choice)).result).toMatchObject({
        left: { kind: 'input', message: 'exists and is not a results folder' },
      })
      expect(readdirSync(out).sort()).toEqual(
        Object.keys(files)
          .map((name) => name.replace('/', ''))
          .sort(),
      )
    }
  })
  it('is not a file', async () => {
    const out = join(folder(), 'results')
    writeFileSync(out, 'text')
    expect((await go(out, configured(), { overwrite: true })).result).toMatchObject({
      left: { kind: 'input', message: 'is a file' },
    })
    expect(readFileSync(out, 'utf8')).toBe('text')
  })
})

describe('the first difference', () => {
  it.each([
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, 'a.c: 2 there, 3 here'],
    [{ a: 1 }, { b: 2, a: 1 }, 'b: not set there, 2 here'],
    [{ a: 1, b: [1] }, { a: 1 }, 'b: [1] there, not set here'],
    [{ a: ['x'.repeat(50), { b: 1 }] }, { a: ['x'.repeat(50), { b: 2 }] }, 'a[1].b: 1 there, 2 here'],
    [{ a: ['x'.repeat(50)] }, { a: ['x'.repeat(50), 'y'] }, 'a[1]: not set there, "y" here'],
    [{ a: 'none' }, { a: {} }, 'a: "none" there, {} here'],
  ])('of %j and %j is named', (there, here, line) => {
    const found = firstDifference(there, here)
    expect(found === undefined ? found : differenceLine(found)).toBe(line)
  })
  it('is there exactly where two documents differ, whatever the order of their keys', () => {
    const document = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.boolean(), fc.nat(2), fc.array(fc.dictionary(fc.constantFrom('x', 'y'), fc.nat(2)))),
    )
    const turned = (u: Readonly<Record<string, unknown>>): unknown =>
      Object.fromEntries(Object.entries(u).reverse())
    fc.assert(
      fc.property(document, document, (one, other) => {
        expect(firstDifference(one, turned(one))).toBeUndefined()
        const same = E.isRight(E.tryCatch(() => expect(one).toEqual(other), String))
        expect(firstDifference(one, other) === undefined).toBe(same)
      }),
    )
  })
  it('is none between a configuration and what is read back of it', () => {
    const document = configDocument(configured())
    expect(firstDifference(parse(stringify(document)), document)).toBeUndefined()
  })
})

describe('temporary files of a killed run', () => {
  const left = {
    ...{ '.config.yaml.0a1b2c3d4e5f.tmp': '', '.results.json.0a1b2c3d4e5f.tmp': '' },
    ...{ '.report.html.0a1b2c3d4e5f.tmp': '', 'samples/.001.js.0a1b2c3d4e5f.tmp': '' },
  }
  it('are removed when a run begins and when it ends, and nothing else is', async () => {
    const out = holding({
      ...left,
      '.notes.txt.0a1b2c3d4e5f.tmp': '',
      '.running.0a1b2c3d4e5f.tmp': '',
      'report.html': '',
      'samples/001.js': '',
    })
    // Another process may be about to take its turn.
    const names = ['.notes.txt.0a1b2c3d4e5f.tmp', '.running.0a1b2c3d4e5f.tmp', 'report.html', 'samples']
    const fault = failure('Broken', 'it broke')
    const result = await tidied(
      out,
      TE.fromIO(() => {
        expect(readdirSync(out).sort()).toEqual(names)
        writeFileSync(join(out, '.report.md.0a1b2c3d4e5f.tmp'), '')
      }),
    )()
    expect(result).toEqual(E.right(undefined))
    expect(readdirSync(out).sort()).toEqual(names)
    expect(readdirSync(join(out, 'samples'))).toEqual(['001.js'])
    const listening = process.listenerCount('exit')
    expect(await tidied(out, TE.left(fault))()).toEqual(E.left(fault))
    expect(process.listenerCount('exit')).toBe(listening)
  })
})

describe('a full disk', () => {
  const said = withDiskFull('results')
  it('is said in one line, with what to do', () => {
    const cause = failure('WriteFailed', 'ENOSPC: no space left on device, write', {
      where: 'results/config.yaml',
    })
    expect(said(cause)).toEqual({
      ...{ _tag: 'WriteFailed', kind: 'failure', where: 'results/config.yaml' },
      message: 'the disk is full (ENOSPC: no space left on device, write)',
      remedy: 'free some space, then run the same command again; what is finished is kept',
    })
    expect(said({ ...cause, message: 'EDQUOT: disk quota exceeded, open' }).message).toMatch(/^the quota /)
    // A worker and a shard say it as well.
    expect(memberFault('results')(cause)).toEqual(said(cause))
  })
  it('is no other fault', () => {
    const other = failure('WriteFailed', 'EACCES: permission denied, open')
    expect(said(other)).toBe(other)
  })
  it('leaves a folder that the same command goes on in', () =>
    expect(folderState(holding({ 'leases/': '', 'work/': '' }))).toEqual(E.right({ _tag: 'Begun' })))
})
