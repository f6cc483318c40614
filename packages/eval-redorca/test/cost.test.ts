/** The cost of cells: from steps to `cell.json` and `results.json`, and as earlier versions wrote it. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { silentTerminal } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeConfig } from '../src/config/configCodec'
import {
  type RecordedStep,
  cellCostOf,
  completeCost,
  largestOf,
  sumOf,
  totalSeconds,
} from '../src/results/cost'
import { readResults } from '../src/results/resultsFile'
import { run } from '../src/work/run'
import { ports } from './fakes/ports'
import { answers, cellOf, resultsFolder } from './fakes/resultsFolder'

const right = <A>(e: E.Either<Fault, A>): A => {
  if (E.isLeft(e)) throw new Error(e.left.message)
  return e.right
}

describe('amounts', () => {
  it('are not known where a part is not, and 0 of nothing', () => {
    expect([sumOf([1, 2]), sumOf([1, null]), sumOf([])]).toEqual([3, null, 0])
    expect([largestOf([1, 2]), largestOf([null, 2]), largestOf([])]).toEqual([2, null, 0])
  })
})

describe('the cost of a cell', () => {
  const step = (more: Partial<RecordedStep>): RecordedStep => ({
    stage: 'data',
    seconds: 1,
    peakBytes: 10,
    diagnostics: {},
    ...more,
  })

  it('has the steps by stage, 0 where a stage did nothing', () => {
    const cost = cellCostOf(
      [
        step({ seconds: 2, peakBytes: 5, diagnostics: { sieve: { dropped: 2, extraForwardPasses: 4 } } }),
        step({ stage: 'training', seconds: 3, peakBytes: 20 }),
        step({ stage: 'decoding', tokensDecoded: 7, diagnostics: { beam: { extraForwardPasses: 6 } } }),
      ],
      9,
    )
    expect(cost).toEqual({
      seconds: { data: 2, training: 3, weights: 0, decoding: 1 },
      peakBytes: { data: 5, training: 20, weights: 0, decoding: 10 },
      wallSeconds: 9,
      tokensDecoded: 7,
      extraForwardPasses: 10,
      diagnostics: { sieve: { dropped: 2, extraForwardPasses: 4 }, beam: { extraForwardPasses: 6 } },
    })
    expect(totalSeconds(cost.seconds)).toBe(6)
  })

  it('is unknown where a step of an earlier version told none', () => {
    const cost = cellCostOf([step({ seconds: null, peakBytes: null }), step({ stage: 'decoding' })], 1)
    expect(cost.seconds).toEqual({ data: null, training: 0, weights: 0, decoding: 1 })
    expect(cost.tokensDecoded).toBeNull()
    expect(cost).not.toHaveProperty('extraForwardPasses')
    expect(totalSeconds(cost.seconds)).toBeNull()
  })

  it('of an earlier version is one number: the wall time, with unknown stages', () => {
    expect(completeCost({ seconds: 4 })).toEqual({
      seconds: { data: null, training: null, weights: null, decoding: null },
      peakBytes: { data: null, training: null, weights: null, decoding: null },
      wallSeconds: 4,
      tokensDecoded: null,
      diagnostics: {},
    })
  })
})

describe('cells on disk', () => {
  it('are read back with their cost, and those of earlier versions without', async () => {
    const cost = cellCostOf(
      [{ stage: 'training', seconds: 3, peakBytes: 20, diagnostics: { m: { energy: 0.5 } } }],
      2,
    )
    const out = await resultsFolder([
      { ...cellOf('new', {}, answers('harmful', 4, 1)), ...cost },
      cellOf('old', { seed: 2 }, answers('harmful', 4, 1)),
    ])
    const { results } = right(await readResults(out)())
    expect(results.cells[0]).toMatchObject({ ...cost })
    expect(results.cells[1]).toMatchObject({ wallSeconds: 1, diagnostics: {} })
    expect(results.cells[1]?.seconds.training).toBeNull()
  })

  it('with a cost that is none are damaged', async () => {
    const out = await resultsFolder([cellOf('c', {}, answers('harmful', 4, 1))])
    const path = join(out, 'cells', 'c', 'cell.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), seconds: 'long' }))
    expect(await readResults(out)()).toMatchObject({ left: { _tag: 'FileDamaged', where: path } })
  })
})

describe('a run', () => {
  it('writes the cost of each stage into every cell, also of steps that another cell computed', async () => {
    const config = right(
      decodeConfig(
        {
          regimes: ['poison:0.05'],
          seeds: [1],
          workers: 1,
          sweep: 'none',
          stages: {
            data: ['none', { use: 'fake-methods', name: 'sieve' }],
            training: [],
            weights: [],
            decoding: ['none', { use: 'fake-methods', name: 'guard' }],
          },
        },
        'test',
      ),
    )
    const out = mkdtempSync(join(tmpdir(), 'redorca-'))
    const { results } = right(
      await run({
        ports,
        portsModule: require.resolve('./fakes/ports.ts'),
        config,
        out,
        terminal: silentTerminal,
        signal: new AbortController().signal,
        execArgv: process.execArgv,
      })(),
    )
    const tuned = results.cells.filter((cell) => cell.factors.regime !== 'none')
    expect(tuned).toHaveLength(4)
    for (const { id, factors, seconds, peakBytes, tokensDecoded, diagnostics } of tuned) {
      const sieved = factors.data === 'sieve'
      expect(seconds.training).toBeGreaterThan(0)
      expect(peakBytes.training).toBeGreaterThan(1e6)
      expect(seconds.data === 0).toBe(!sieved)
      expect(seconds.weights).toBe(0)
      expect(tokensDecoded).toBe(60)
      expect(diagnostics).toEqual(sieved ? { sieve: { dropped: 0, extraForwardPasses: 20 } } : {})
      expect(JSON.parse(readFileSync(join(out, 'cells', id, 'cell.json'), 'utf8'))).toMatchObject({
        seconds,
        diagnostics,
      })
    }
    expect(results.stamp.fidelity).toEqual([
      {
        stage: 'data',
        method: 'sieve',
        source: 'made up',
        formula: 'none',
        defaults: 'none',
        differs: 'in everything',
      },
    ])
    const read = right(await readResults(out)())
    expect(read.results.stamp.fidelity).toEqual(results.stamp.fidelity)
    const plain = tuned.filter((cell) => cell.factors.data === 'none')
    expect(plain[0]?.seconds.training).toBe(plain[1]?.seconds.training)
  })
})
