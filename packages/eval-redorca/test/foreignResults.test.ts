/** A results folder from elsewhere: what it lists leads to no other folder, and a configuration that expands without end is refused. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type { Browser } from 'playwright-core'
import { describeInBrowser, hostileTexts, openBrowser, shownPage } from '../../../tools/jest/browser'
import { writeReport } from '../src/report'
import { readCell } from '../src/results/cellFiles'
import { readResults } from '../src/results/resultsFile'
import { sampleOf } from './fakes/browserInput'
import { cellOf, resultsFolder } from './fakes/resultsFolder'

const samples = hostileTexts.map((text, i) =>
  sampleOf(
    { id: `h${i} ${text}`, set: 'harmful', prompt: text, completion: text, finishReason: 'stop' },
    { refused: false },
    { harmful: true, raw: text },
  ),
)
const folderOf = (): Promise<string> =>
  resultsFolder([cellOf('bare', {}, samples), cellOf('weak', { weights: hostileTexts[0] ?? '' }, samples)])
const report = async (out: string) => {
  const read = await readResults(out)()
  if (E.isLeft(read)) return read
  return writeReport({ results: out, out }, read.right)()
}

describe('a results folder from elsewhere', () => {
  it.each(['../../outside', '..', '.', '', 'a/b', 'a\\b', 'C:x', 'a\u0000'])(
    'has no cell named %j',
    async (id) => {
      const out = await folderOf()
      const path = join(out, 'results.json')
      const listed = JSON.parse(readFileSync(path, 'utf8')) as { cells: Array<{ id: string }> }
      listed.cells[0]!.id = id
      writeFileSync(path, JSON.stringify(listed))
      expect(await readResults(out)()).toMatchObject({
        left: { _tag: 'FileDamaged', message: expect.stringContaining('cells[0].id must be') as unknown },
      })
      const cell = join(out, 'cells', 'bare', 'cell.json')
      writeFileSync(cell, JSON.stringify({ ...JSON.parse(readFileSync(cell, 'utf8')), id }))
      expect(await readCell(out, 'bare')()).toMatchObject({ left: { _tag: 'FileDamaged' } })
    },
  )

  it.each([
    [
      'aliases of aliases',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'.replace(
        /./g,
        (c, i: number) =>
          `${c}: &${c} [${Array(9)
            .fill(`*${'abcdefgh'[i] ?? ''}`)
            .join(', ')}]\n`,
      )}`,
    ],
    ['brackets in brackets', '['.repeat(100_000)],
    ['no YAML', 'a: [1'],
  ])('whose configuration is %s gives one line and no report', async (_, config) => {
    const out = await folderOf()
    writeFileSync(join(out, 'config.yaml'), config)
    expect(await report(out)).toMatchObject({
      left: { _tag: 'FileDamaged', kind: 'input', where: join(out, 'config.yaml') },
    })
    expect(readdirSync(out)).not.toContain('report.html')
  })

  it('pollutes no prototype', async () => {
    const out = await folderOf()
    writeFileSync(
      join(out, 'config.yaml'),
      '__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n',
    )
    expect((await report(out))._tag).toBe('Right')
    expect({}).not.toHaveProperty('polluted')
  })
})

describeInBrowser('its report in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  it('shows hostile texts as text and does nothing that they say', async () => {
    const out = await folderOf()
    mkdirSync(out, { recursive: true })
    writeFileSync(
      join(out, 'config.yaml'),
      hostileTexts.map((text, i) => `k${i}: ${JSON.stringify(text)}\n`).join(''),
    )
    expect((await report(out))._tag).toBe('Right')
    const { text, ...did } = await shownPage(browser, readFileSync(join(out, 'report.html'), 'utf8'))
    expect(did).toEqual({
      title: 'Safety after fine-tuning: small',
      foreign: 0,
      problems: [],
      obeyed: false,
    })
    expect(text).toContain('Safety after fine-tuning')
  })
})
