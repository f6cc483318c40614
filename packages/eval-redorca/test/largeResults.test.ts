/** Results of more cells than a page can show: how they are written, read back and shown. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import { browserData } from '../src/report/browser/shape'
import { markdown, page } from '../src/report'
import { cellsThatFit } from '../src/report/shownSamples'
import { pageLimits, shownOf } from '../src/report/shown'
import { readFinished, readMeasured } from '../src/results/finishedCells'
import { readListingFile } from '../src/results/listingFile'
import { type Results, resultsOf } from '../src/results/results'
import { resultsText } from '../src/results/resultsText'
import { withoutTexts } from '../src/results/withoutTexts'
import { fidelity, costlyCells } from './fakes/costlyFolder'
import { answers, cellOf, resultsFolder, stamp } from './fakes/resultsFolder'

// helpers ----------------------------------------------------------------------------------------

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const written = (text: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'redorca-large-')), 'results.json')
  writeFileSync(path, text)
  return path
}

const of = (cells: Parameters<typeof resultsOf>[0]['cells'], more: Partial<Results> = {}): Results => ({
  ...resultsOf({
    ...{
      suite: 'a "quoted"\nname\u2028 ],',
      finished: '2030-01-01T00:00:00.000Z',
      cells,
      stamp: { ...stamp, fidelity },
    },
    failed: [{ factors: cellOf('f', {}, []).factors, message: '{\n "cells": [' }],
  }),
  ...more,
})

/** More regimes than a page has sections; one of them is that of the headline. */
const many = pageLimits.fineTunes + 40
const manyCells = [
  cellOf('aligned', { regime: 'none' }, answers('harmful', 4, 4)),
  ...Array.from({ length: many }, (_, i) =>
    cellOf(`c${i}`, { regime: i === many - 1 ? 'poison:0.05' : `regime-${i}` }, answers('harmful', 4, i % 4)),
  ),
]

// tests ------------------------------------------------------------------------------------------

describe('results of very many cells', () => {
  it('have a line for each element, and are the same JSON', () => {
    const few = of(costlyCells)
    const [one] = few.cells
    const results = { ...few, cells: Array.from({ length: 5001 }, () => one) }
    const text = [...resultsText({ ...few, cells: results.cells.flatMap((cell) => cell ?? []) })].join('')
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(results)))
    expect(text.split('\n').filter((line) => line === `  ${JSON.stringify(one)},`)).toHaveLength(5000)
  })

  it('are computed from samples without texts, of which equal ones are in memory once', () => {
    const light = withoutTexts()
    const cells = costlyCells.map(light)
    expect(of(cells)).toEqual(of(costlyCells))
    expect(JSON.stringify(cells)).not.toContain('answer 1')
    expect(cells[1]?.samples.at(-1)).toBe(cells[2]?.samples.at(-1))
  })

  it('are read from a folder without texts, to the same results', async () => {
    const out = await resultsFolder(costlyCells)
    const { cells } = right(await readListingFile(join(out, 'results.json'))())
    const [whole, light] = [await readFinished(out, cells)(), await readMeasured(out, cells)()]
    expect(of(right(light))).toEqual(of(right(whole)))
  })
})

describe('a listing', () => {
  const listing = async (text: string): Promise<unknown> => right(await readListingFile(written(text))())
  const listed = ({ cells }: Results): unknown =>
    cells.map(({ id, factors, strengths, control, published }) => ({
      id,
      factors,
      strengths,
      control,
      published,
    }))

  it.each(['indented', 'a line each'])('is read line by line: %s', async (layout) => {
    const few = of(costlyCells, {
      selection: { epsilon: 0.1, delta: 0.1, paths: { csulora: [1, 0.5] }, controls: {} },
    })
    const cells = layout === 'indented' ? few.cells : Array.from({ length: 900 }, () => few.cells).flat()
    const results = { ...few, cells }
    const found = await listing([...resultsText(results)].join(''))
    expect(found).toMatchObject({ cells: listed(results), failed: few.failed, suite: few.suite })
    expect(found).toMatchObject({ stamp: { ...few.stamp }, selection: few.selection })
    // What is computed again is not kept.
    expect(JSON.stringify(found)).not.toContain('metrics')
    expect(found).not.toHaveProperty('groups')
  })

  it('that something else wrote is read whole', async () => {
    const results = of(costlyCells)
    for (const text of [JSON.stringify(results), JSON.stringify(results, null, 2)])
      expect(await listing(text)).toMatchObject({ cells: listed(results), failed: results.failed })
    expect(await listing([...resultsText(of([]))].join(''))).toMatchObject({ cells: [] })
  })

  it('is damaged where the file is cut, or a cell is none', async () => {
    const text = [...resultsText(of(costlyCells))].join('')
    const damage = [
      text.slice(0, -3),
      text.slice(0, text.length / 2),
      text.replace('"control": false', '"control": 0'),
    ]
    for (const part of damage)
      expect(await readListingFile(written(part))()).toMatchObject({ left: { _tag: 'FileDamaged' } })
  })
})

describe('a report of very many cells', () => {
  const results = of(manyCells)
  const samples = new Map(manyCells.map((cell) => [cell.id, cell.samples]))

  it('shows the first fine-tunes and that of the headline, and says what it leaves out', () => {
    const { results: shown, notice } = shownOf(results)
    const regimes = shown.groups.map(({ factors }) => factors.regime)
    expect(regimes).toHaveLength(pageLimits.fineTunes + 1)
    expect(regimes).toEqual(expect.arrayContaining(['none', 'poison:0.05', 'regime-0']))
    expect(notice).toContain(`${pageLimits.fineTunes + 1} of ${many + 1} cells`)
    expect(notice).toContain('results.json')
    for (const text of [page({ results, samples, config: {}, linked: true }), markdown(results, samples)]) {
      expect(text).toContain(notice)
      expect(text).toContain('regime-0')
      expect(text).not.toContain(`regime-${many - 2}`)
    }
  })

  it('cuts a single fine-tune of too many cells', () => {
    const { results: shown } = shownOf(of(costlyCells), { fineTunes: 5, cells: 3 })
    expect(shown.cells.map(({ id }) => id)).toEqual(['bare', 'filter', 'csulora-0'])
    expect(shown.groups).toHaveLength(3)
  })

  it('leaves results that fit as they are', () => {
    const small = of(costlyCells)
    expect(shownOf(small)).toEqual({ results: small })
    expect(page({ results: small, samples: new Map(), config: {}, linked: true })).not.toContain(
      'This report shows',
    )
  })

  it('names a hundred hashes and failures, and how many more there are', () => {
    const named = Array.from({ length: 150 }, (_, i) => i)
    const [failure] = results.failed
    const long = of(costlyCells, {
      stamp: {
        ...stamp,
        hashes: { ...stamp.hashes, data: Object.fromEntries(named.map((i) => [`rows-${i}`, 'x'])) },
      },
      failed: named.flatMap((i) => (failure === undefined ? [] : [{ ...failure, message: `reason-${i}` }])),
    })
    for (const text of [
      page({ results: long, samples: new Map(), config: {}, linked: true }),
      markdown(long),
    ])
      for (const name of ['rows', 'reason']) {
        expect(text).toContain(`${name}-99`)
        expect(text).not.toContain(`${name}-100`)
        expect(text).toContain('and 50 more in results.json')
      }
  })

  it('has the answers that fit into memory, and says how many cells those are', async () => {
    const out = await resultsFolder(costlyCells)
    const size = readFileSync(join(out, 'cells', 'bare', 'samples.jsonl')).length
    expect(cellsThatFit(out, of(costlyCells), size)).toEqual(['bare'])
    const some = new Map([...samples].slice(0, 3))
    const { index } = browserData({ results, samples: some, redact: false, of: results.cells.length })
    expect(index.cells).toHaveLength(3)
    expect(index.notice).toContain(`3 of ${many + 1} cells`)
    expect(browserData({ results, samples, redact: false }).index).not.toHaveProperty('notice')
  })
})
