/** From stored answers to corrected rates: the page is written, its labels are read back into the report. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { correctionsOf } from '../../src/results/corrected'
import type { Label } from '../../src/results/labelRows'
import { resultsOf } from '../../src/results/results'
import { file, folder, runWith } from '../fakes/commandLine'
import { answers, cellOf, resultsFolder, stamp } from '../fakes/resultsFolder'

const run = runWith()
const cells = () => [
  cellOf('aligned', { regime: 'none' }, answers('harmful', 20, 20)),
  cellOf('bare', {}, [
    ...answers('harmful', 20, 8),
    ...answers('lookalike', 10, 2),
    ...answers('task', 4, 0),
  ]),
  cellOf('filter', { data: 'filter' }, [...answers('harmful', 20, 12), ...answers('lookalike', 10, 5)]),
]
interface PageRow {
  readonly id: string
  readonly cell: string
  readonly prompt: string
  readonly completion: string
  readonly weight: number | null
}
const rowsOf = (page: string): ReadonlyArray<PageRow> =>
  JSON.parse(/<script type="application\/json" id="rows">(.*?)<\/script>/s.exec(page)?.[1] ?? '') as PageRow[]

/** A person who finds every fifth answer that the judge took for compliance refused after all. */
const labelsOf = (rows: ReadonlyArray<PageRow>): ReadonlyArray<object> =>
  rows.map((row) => {
    const i = Number(row.id.split('-')[1])
    const limit = row.cell === 'aligned' ? 20 : row.cell === 'bare' ? 8 : 12
    const refused = i < limit || i % 5 === 0
    return { ...row, refused: refused ? 1 : 0, harmful: refused || row.id.startsWith('look') ? 0 : 1 }
  })

describe('label', () => {
  it('writes the page of drawn answers', async () => {
    const out = join(folder(), 'page.html')
    const { code, json } = await run(
      'label',
      '--results',
      await resultsFolder(cells()),
      '--count',
      '30',
      '--out',
      out,
      '--json',
    )
    expect(code).toBe(0)
    expect(json()).toMatchObject({
      rows: 30,
      population: 80,
      from: 'stratified',
      sets: ['harmful', 'lookalike'],
      seed: 42,
    })
    const rows = rowsOf(readFileSync(out, 'utf8'))
    expect(rows).toHaveLength(30)
    expect(rows.reduce((s, r) => s + (r.weight ?? 0), 0)).toBeCloseTo(80, 8)
  })
  it.each<[string, string[], string]>([
    ['too few answers for the strata', ['--count', '2'], '--count: must be at least 5'],
    ['disagreements of one judge', ['--count', '9', '--from', 'disagreements'], 'two judges'],
    ['sets without answers', ['--count', '9', '--sets', 'benign'], 'has no answers to label'],
  ])('refuses %s with exit 2', async (_, more, message) => {
    const { code, err } = await run(
      'label',
      '--results',
      await resultsFolder(cells()),
      '--out',
      join(folder(), 'p.html'),
      ...more,
    )
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})

describe('report --labels', () => {
  it('gives corrected rates beside raw ones, and says where labels are too few', async () => {
    const results = await resultsFolder(cells())
    const page = join(folder(), 'page.html')
    await run('label', '--results', results, '--count', '80', '--out', page)
    const labels = file('labels.jsonl', ...labelsOf(rowsOf(readFileSync(page, 'utf8'))))
    const { code, json, err } = await run('report', '--results', results, '--labels', labels, '--json')
    expect([code, err]).toEqual([0, ''])
    const { corrected } = json() as {
      corrected: {
        labels: number
        cells: {
          cell: string
          rates: Record<string, { corrected?: { value: number }; labels: string; note?: string }>
        }[]
      }
    }
    expect(corrected.labels).toBe(80)
    const [aligned, bare] = corrected.cells
    // All 20 of the cell are labelled: 10 of the 12 that the judge called harmful are.
    expect(bare?.rates['attackSuccess']).toMatchObject({
      raw: { value: 0.6 },
      labels: 'cell',
      yes: 10,
      no: 10,
      corrected: { value: expect.closeTo(0.5, 10) as unknown, sensitivity: 1, specificity: 0.8 },
    })
    expect(aligned?.rates['attackSuccess']).toMatchObject({ labels: 'all', corrected: { value: 0 } })
    const html = readFileSync(join(results, 'report.html'), 'utf8')
    expect(html).toContain('Corrected for the judge’s errors')
    expect(html).toContain('2511.21140')
    expect(readFileSync(join(results, 'report.md'), 'utf8')).toMatch(
      /\| no defence, .* seed 1 \| 60\.0 \([^)]*\) \| 50\.0 \(/,
    )
  })
  it('says that labels are too few, and that picked answers correct nothing', async () => {
    const results = await resultsFolder(cells())
    const page = join(folder(), 'page.html')
    await run('label', '--results', results, '--count', '8', '--from', 'random', '--out', page)
    const rows = labelsOf(rowsOf(readFileSync(page, 'utf8')))
    const few = await run('report', '--results', results, '--labels', file('l.jsonl', ...rows), '--json')
    expect(few.code).toBe(0)
    expect(few.out).toContain('too few labels: ')
    expect(readFileSync(join(results, 'report.md'), 'utf8')).toContain('fewer than 5 of a class')
    expect(few.out).not.toContain('sensitivity')
    await run('label', '--results', results, '--count', '80', '--out', page, '--overwrite')
    const all = labelsOf(rowsOf(readFileSync(page, 'utf8')))
    const picked = file('l.jsonl', ...all.map((r) => ({ ...r, weight: null })))
    const none = await run('report', '--results', results, '--labels', picked, '--json')
    expect(none.json()).toMatchObject({ corrected: { labels: 80, leftOut: 80 } })
    expect((none.json() as { corrected: { errors: object } }).corrected.errors).toEqual({})
    expect(none.out).not.toContain('sensitivity')
    expect(readFileSync(join(results, 'report.md'), 'utf8')).toContain(
      '80 more are of answers picked by disagreement',
    )
  })
  const label = { id: 'harmful-1', cell: 'bare', prompt: 'p', completion: 'answer 1', harmful: 0, refused: 1 }
  it.each<[string, object[], string]>([
    ['a label of no cell', [{ ...label, cell: 'none' }], 'l.jsonl:1: cell none has no sample harmful-1'],
    ['a label of another answer', [{ ...label, completion: 'other' }], 'label of another answer'],
    [
      'a sample labelled twice',
      [label, label],
      'l.jsonl:2: labels sample harmful-1 of cell bare a second time',
    ],
    ['a label that is neither', [{ ...label, harmful: 2 }], 'field harmful must be 0 or 1'],
    ['an impossible weight', [{ ...label, weight: -1 }], 'weight must be above 0'],
  ])('refuses %s with exit 2', async (_, rows, message) => {
    const { code, err } = await run(
      'report',
      '--results',
      await resultsFolder(cells()),
      '--labels',
      file('l.jsonl', ...rows),
    )
    expect(err).toContain(message)
    expect(code).toBe(2)
  })
})

describe('correctionsOf', () => {
  it('leaves verdicts out that the judge could not give, and uses other cells where a cell has too few labels', () => {
    const list = cells().map((c) =>
      c.id === 'bare'
        ? { ...c, samples: c.samples.map((s) => (s.id === 'harmful-0' ? { ...s, verdict: null } : s)) }
        : c,
    )
    const samples = new Map(list.map((c) => [c.id, c.samples]))
    const results = resultsOf({ suite: 's', finished: '', stamp, cells: list, failed: [] })
    const labels = list.flatMap(({ id, samples: own }) =>
      own.flatMap((s, i): Label[] =>
        s.set === 'harmful' && (id === 'bare' || i % 7 === 0)
          ? [
              {
                cell: id,
                sample: s.id,
                harmful: s.verdict === 'complied',
                refused: s.verdict === 'refused',
                weight: 1,
              },
            ]
          : [],
      ),
    )
    const found = correctionsOf(results, samples, labels)
    expect(found.errors.attackSuccess).toMatchObject({ unparseable: 1, falseNegativeRate: { value: 0 } })
    expect(found.cells.map((c) => c.rates.attackSuccess?.labels)).toEqual(['all', 'cell', 'all'])
    expect(found.cells[1]?.rates.attackSuccess).toMatchObject({ yes: 12, no: 7, corrected: { n: 19 } })
    expect(found.cells[1]?.rates.overRefusal).toMatchObject({
      note: expect.stringContaining('too few labels: 0 yes, 0 no') as unknown,
    })
  })
})
