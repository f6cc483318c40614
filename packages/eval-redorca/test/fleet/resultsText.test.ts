import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { resultsOf } from '../../src/results/results'
import { resultsText, writeResults } from '../../src/results/resultsText'
import { fidelity, costlyCells } from '../fakes/costlyFolder'
import { stamp } from '../fakes/resultsFolder'

describe('the text of results', () => {
  it('is that of the whole as JSON, though it is made in parts', async () => {
    const few = resultsOf({
      ...{ suite: 'a "quoted"\nname', finished: '2026-01-01T00:00:00.000Z', failed: [] },
      ...{ stamp: { ...stamp, fidelity }, cells: costlyCells },
    })
    // More cells than are made in one part.
    const results = { ...few, cells: Array.from({ length: 150 }, () => few.cells).flat() }
    expect(results.cells.length).toBeGreaterThan(200)
    const whole = `${JSON.stringify(results, null, 1)}\n`
    expect([...resultsText(results)].join('') === whole).toBe(true)
    const out = mkdtempSync(join(tmpdir(), 'redorca-results-'))
    expect(E.isRight(await writeResults(out, results)())).toBe(true)
    expect(readFileSync(join(out, 'results.json'), 'utf8') === whole).toBe(true)
  })
})
