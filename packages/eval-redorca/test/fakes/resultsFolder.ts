/** A results folder of a small benchmark, written as `bench` writes one. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { undefended } from '../../src/plan/factors'
import { writeCell } from '../../src/results/cellFiles'
import { folderStore } from '../../src/store'
import { metricsOf } from '../../src/results/metrics'
import type { FinishedCell } from '../../src/results/prepared'
import { resultsOf } from '../../src/results/results'
import type { Stamp } from '../../src/results/stamp'
import type { Sample } from '../../src/suite/samples'

export const stamp = {
  engine: 'wasm',
  device: 'none',
  dtype: 'float32',
  versions: { node: '20' },
  seeds: [1],
  hashes: { data: {}, models: {}, templates: {} },
  judges: { measuring: 'refusal@1', beams: 'refusal-openings@1' },
}

export const cellOf = (
  id: string,
  factors: Partial<FinishedCell['factors']>,
  samples: ReadonlyArray<Sample>,
): FinishedCell => ({
  id,
  control: false,
  seconds: 1,
  samples,
  factors: { model: 'aligned', regime: 'poison:0.05', ...undefended, seed: 1, ...factors },
})

/** Writes the cells and `results.json`. @param more fields of the stamp @returns the folder */
export const resultsFolder = async (
  cells: ReadonlyArray<FinishedCell>,
  more: Partial<Stamp> = {},
): Promise<string> => {
  const out = mkdtempSync(join(tmpdir(), 'redorca-results-'))
  for (const { samples, ...cell } of cells) {
    const written = await writeCell(
      folderStore(out),
      { published: true, ...cell, key: {}, metrics: metricsOf(samples), stamp },
      samples,
    )()
    if (E.isLeft(written)) throw new Error(written.left.message)
  }
  const results = resultsOf({
    suite: 'small',
    finished: '2030-01-01T00:00:00.000Z',
    stamp: { ...stamp, ...more },
    cells,
    failed: [],
  })
  writeFileSync(join(out, 'results.json'), JSON.stringify(results))
  return out
}

/** `n` answers to one kind of request, the first `refused` of them refused. */
export const answers = (
  set: Sample['set'],
  n: number,
  refused: number,
  of: (i: number) => string = (i) => `answer ${i}`,
): ReadonlyArray<Sample> =>
  Array.from({ length: n }, (_, i) => ({
    id: `${set}-${i}`,
    set,
    prompt: `${set} request ${i}`,
    completion: of(i),
    verdict: i < refused ? ('refused' as const) : ('complied' as const),
  }))
