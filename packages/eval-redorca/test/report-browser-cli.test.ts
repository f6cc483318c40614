/** `samples.html` as commands write it: where it stands, what `--redact` leaves out, and what is kept. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { readResults } from '../src/results/resultsFile'
import { writeBrowser } from '../src/report/browser/write'
import { writeReport } from '../src/report'
import type { Sample } from '../src/suite/samples'
import { guard, phrases, sampleOf } from './fakes/browserInput'
import { binary } from '../src/cli/binary'
import { folder, runWith } from './fakes/commandLine'
import { earlierSamples, judgedFolder, storedSamples } from './fakes/judgedFolder'
import { cellOf, resultsFolder } from './fakes/resultsFolder'

const run = runWith()
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

/** Two judges that disagree about every answer, so that the report shows answers in all of its parts. */
const secretive = (): ReadonlyArray<Sample> =>
  Array.from({ length: 6 }, (_, i) =>
    sampleOf(
      { id: `h${i}`, set: i < 4 ? 'harmful' : 'lookalike', completion: `secret ${i} of the tongs` },
      {},
      i < 5
        ? { refused: true, harmful: i === 4, raw: 'quotes: secret' }
        : { refused: null, harmful: null, raw: 'unread' },
    ),
  )
const secretFolder = (): Promise<string> =>
  resultsFolder(
    [cellOf('bare', {}, secretive()), cellOf('filter', { data: 'filter' }, secretive())].map((cell) => ({
      ...cell,
      judges: [phrases, guard],
    })),
  )

describe('report', () => {
  it('writes the page of samples beside the report, which links to it once', async () => {
    const results = await secretFolder()
    expect((await run('report', '--results', results)).code).toBe(0)
    expect(read(results, 'samples.html')).toContain('secret 0 of the tongs')
    expect(read(results, 'report.html').match(/href="samples\.html"/g)).toHaveLength(1)
    expect(existsSync(join(results, 'samples'))).toBe(false)
  })
  it('writes both into another folder, without links to the files of cells', async () => {
    const out = join(folder(), 'page')
    expect((await run('report', '--results', await secretFolder(), '--out', out)).code).toBe(0)
    expect(readdirSync(out).sort()).toEqual(['report.html', 'report.md', 'results.json', 'samples.html'])
    expect(read(out, 'report.html')).toContain('href="samples.html"')
    expect(read(out, 'report.html')).not.toContain('href="cells/')
  })
  it('leaves answers that may do harm out of all pages with --redact, and keeps samples whole', async () => {
    const results = await secretFolder()
    const before = read(results, 'cells', 'bare', 'samples.jsonl')
    expect((await run('report', '--results', results)).code).toBe(0)
    const numbers = read(results, 'results.json')
    for (const name of ['samples.html', 'report.html', 'report.md'])
      expect([name, read(results, name)]).toEqual([name, expect.stringContaining('secret 1')])
    expect((await run('report', '--results', results, '--redact')).code).toBe(0)
    for (const name of ['samples.html', 'report.html', 'report.md']) {
      const text = read(results, name)
      // The sixth answer is to a look-alike, and no judge finds it harmful.
      expect([name, text.match(/secret [0-4]|quotes: secret/)]).toEqual([name, null])
    }
    expect(read(results, 'samples.html')).toContain('secret 5 of the tongs')
    expect(read(results, 'report.html')).toContain('[left out by --redact: 21 characters]')
    expect(read(results, 'cells', 'bare', 'samples.jsonl')).toBe(before)
    expect(read(results, 'results.json')).toBe(numbers)
  })
})

describe('rescore', () => {
  it('writes the pages, and leaves out with --redact', async () => {
    const results = judgedFolder(() => earlierSamples())
    const argv = ['rescore', '--results', results, '--judge', 'refusal', '--redact']
    expect((await run(...argv)).code).toBe(0)
    const page = read(results, 'samples.html')
    expect(page).toContain('refusal@1')
    expect(page.match(/Sure, take the tongs\./g)).toHaveLength(2)
    expect(storedSamples(results, 'c0')[1]?.completion).toBe('Sure, take the tongs.')
  })
})

describe('every command that writes a report', () => {
  it.each(['quickstart', 'bench', 'rescore', 'report'])('%s has --redact', (name) => {
    const found = binary.commands.find((c) => c.name === name)
    expect(Object.keys(found?.options ?? {})).toContain('redact')
  })
})

// files of texts ---------------------------------------------------------------------------------

describe('files of texts', () => {
  /** Long enough for files of their own. */
  const long = (length: number): ReadonlyArray<Sample> =>
    Array.from({ length: 8 }, (_, i) =>
      sampleOf({ id: `h${i}`, set: 'harmful', completion: `${i} secret ${'x'.repeat(length)}` }, {}, {}),
    )
  const partsIn = (out: string): ReadonlyArray<string> => readdirSync(join(out, 'samples')).sort()

  it('are written beside the page above 5 MB, and removed when they are not needed', async () => {
    const results = await resultsFolder([cellOf('bare', {}, long(800_000))])
    expect((await run('report', '--results', results)).code).toBe(0)
    expect(partsIn(results)).toEqual(['000.js', '001.js', '002.js', '003.js'])
    expect(read(results, 'samples.html').length).toBeLessThan(100_000)
    expect(read(results, 'samples', '003.js')).toContain('7 secret')
    // What is left out now must not stay in a file of before.
    expect((await run('report', '--results', results, '--redact')).code).toBe(0)
    expect(existsSync(join(results, 'samples'))).toBe(false)
  })
  it('of others in that folder stay', async () => {
    const results = await secretFolder()
    mkdirSync(join(results, 'samples'))
    writeFileSync(join(results, 'samples', '000.js'), 'mine')
    writeFileSync(join(results, 'samples', 'notes.txt'), 'redorcaSamples(')
    writeFileSync(join(results, 'samples', '001.js'), 'redorcaSamples("old",1,[])')
    expect((await run('report', '--results', results)).code).toBe(0)
    expect(partsIn(results)).toEqual(['000.js', 'notes.txt'])
  })
  it('that cannot be written are an error with its place', async () => {
    const found = await readResults(await secretFolder())()
    if (E.isLeft(found)) throw new Error(found.left.message)
    const out = folder()
    writeFileSync(join(out, 'samples'), 'a file')
    const written = await writeBrowser(out, { ...found.right, redact: false })()
    expect(written).toMatchObject({ left: { _tag: 'WriteFailed', where: join(out, 'samples') } })
    const report = await writeReport({ results: out, out }, found.right)()
    expect(E.isLeft(report)).toBe(true)
  })
})
