import { readFileSync, writeFileSync } from 'node:fs'
import { noisy, world } from './fakes/machine'

describe('forgetfilter sensitivity', () => {
  const prepared = () => {
    const made = world('sensitivity')
    const labelled = noisy.replace(
      /}\n/g,
      (end, at: number) => `,"unsafe":${noisy.slice(0, at).endsWith('knife"') ? 1 : 0}${end}`,
    )
    writeFileSync(made.at('noisy.jsonl'), labelled)
    writeFileSync(
      made.at('safe.jsonl'),
      ['x', 'y', 'z'].map((p) => `{"prompt":"harm ${p}","response":"I cannot help"}\n`).join(''),
    )
    return made
  }

  it('has a row per steps, safe rows and threshold; M1 is trained once', async () => {
    const { at, diary, run } = prepared()
    const grid = [
      ...['--steps', '5,9', '--safe-rows', '1,3', '--phi', '0.1,0.95'],
      ...['--out', at('table.jsonl'), '--report', at('table.html')],
    ]
    const { code, out } = await run(...grid)
    expect(code).toBe(0)
    const rows = readFileSync(at('table.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, number>)
    expect(rows.map(({ steps, safeRows, phi }) => [steps, safeRows, phi])).toEqual(
      [5, 9].flatMap((steps) => [1, 3].flatMap((size) => [0.1, 0.95].map((phi) => [steps, size, phi]))),
    )
    expect(rows[0]).toMatchObject({ precision: 1, recall: 1, f1: 1, auroc: 1, benignLost: 0 })
    expect(out).toContain('| 5 | 1 | 0.1 | 1.000 | 1.000 | 1.000 | 1.000 | 0.000 |')
    expect(diary.trained).toEqual(['noisy', 'safe', 'safe', 'safe', 'safe'])
    const page = readFileSync(at('table.html'), 'utf8')
    // Three figures of two thresholds; two lines with two points in each.
    expect(page.match(/<svg\s+class="plot/g)).toHaveLength(6)
    expect(page.match(/<circle/g)).toHaveLength(24)
    expect(page).not.toMatch(/NaN|undefined|<script/)
    expect((await run(...grid, '--resume')).code).toBe(0)
    expect(diary.trained).toHaveLength(5)
  })

  it('needs labels, before any training', async () => {
    const { at, diary, run } = prepared()
    writeFileSync(at('noisy.jsonl'), noisy)
    const { code, err } = await run('--out', at('table.jsonl'))
    expect(code).toBe(2)
    expect(err).toContain('the row "g1" has no field unsafe')
    expect((await run('--out', at('table.jsonl'), '--signal', 'nll')).err).toContain(
      '--phi must be chosen for',
    )
    expect(diary.trained).toEqual([])
  })
})
