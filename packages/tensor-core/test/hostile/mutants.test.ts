/** A few thousand mutants, the same in every run, and all mutants that ever failed. `npm run nightly` runs more. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drive, sharesOf } from './drive'
import { type Files, writeFiles } from './subject'
import { subjects } from './subjects'

const total = 2500

describe.each(sharesOf(total))('%s', (name, count) => {
  it(`withstands ${count} mutants`, async () => {
    const { mutants, failures } = await drive(name, 0, count)
    expect(mutants).toBe(count)
    expect(failures).toEqual([])
  }, 600_000)
})

// former failures --------------------------------------------------------------------------------

const corpus = join(__dirname, 'corpus')

const filesIn = (folder: string, prefix = ''): Files =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((e) =>
      e.isDirectory()
        ? Object.entries(filesIn(join(folder, e.name), `${prefix}${e.name}/`))
        : [[`${prefix}${e.name}`, readFileSync(join(folder, e.name))]],
    ),
  )

/** `strangeFiles.test.ts` reads it, for as long as it takes until its reader is stopped. */
const elsewhere = 'parquet-file endless'
const old = readdirSync(corpus)
  .flatMap((name) => readdirSync(join(corpus, name)).map((number) => [name, number] as const))
  .filter((each) => each.join(' ') !== elsewhere)

it.each(old)(
  'corpus %s %s',
  async (name, number) => {
    // Parquet is read in its own process, as programs do: the test runner cannot load its decoder
    const subject = subjects.find((s) => s.name === (name === 'parquet' ? 'parquet-file' : name))
    const files = filesIn(join(corpus, name, number))
    const folder = mkdtempSync(join(tmpdir(), 'corpus-'))
    writeFiles(folder, files)
    expect(await subject?.problem(folder, files)).toBeUndefined()
    rmSync(folder, { recursive: true, force: true })
  },
  30_000,
)
