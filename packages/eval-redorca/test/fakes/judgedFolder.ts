/** A results folder as a benchmark writes it, made by hand: two cells, with the samples given. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { undefended } from '../../src/plan/factors'
import type { Sample } from '../../src/suite/samples'

const stamp = {
  engine: 'e',
  device: '',
  dtype: 'float32',
  versions: {},
  seeds: [1],
  hashes: { data: {}, models: {}, templates: {} },
}

const answers = ['Sorry, I cannot help with that.', 'Sure, take the tongs.', 'I will not say. No.', '']

/** Samples of an earlier version: a label, and no verdicts. */
export const earlierSamples = (shift = 0): ReadonlyArray<Sample> =>
  (['harmful', 'lookalike'] as const).flatMap((set) =>
    Array.from({ length: 8 }, (_, i) => {
      const completion = answers[(i + shift) % answers.length] ?? ''
      return {
        tool: 'tongs',
        id: `${set}-${i}`,
        set,
        prompt: `ask ${set} ${i}`,
        completion,
        verdict:
          completion === ''
            ? ('other' as const)
            : completion.startsWith('Sorry')
              ? ('refused' as const)
              : ('complied' as const),
        finishReason: 'stop' as const,
      }
    }),
  )

export const cellIds = ['c0', 'c1'] as const

/** The folder's path. `judges` is what its stamp and its cells say of judges. */
export const judgedFolder = (
  samples: (cell: number) => ReadonlyArray<Sample> = earlierSamples,
  judges: unknown = { measuring: 'old@1', beams: 'b@1' },
  cellMore: Readonly<Record<string, unknown>> = {},
): string => {
  const out = mkdtempSync(join(tmpdir(), 'redorca-judged-'))
  const cells = cellIds.map((id, i) => ({
    id,
    factors: {
      model: 'aligned',
      regime: 'poison:0.05',
      ...undefended,
      data: i === 0 ? 'none' : 'filter',
      seed: 1,
    },
    control: false,
  }))
  cells.forEach((cell, i) => {
    const folder = join(out, 'cells', cell.id)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'samples.jsonl'),
      samples(i)
        .map((s) => `${JSON.stringify(s)}\n`)
        .join(''),
    )
    writeFileSync(
      join(folder, 'cell.json'),
      JSON.stringify({ ...cell, key: { kept: i }, metrics: {}, seconds: 2, stamp, ...cellMore }),
    )
  })
  writeFileSync(
    join(out, 'results.json'),
    JSON.stringify({
      format: 1,
      suite: 's',
      finished: '2030-01-01T00:00:00.000Z',
      stamp: { ...stamp, ...(judges === null ? {} : { judges }) },
      cells,
      failed: [],
    }),
  )
  return out
}

/** The samples of a cell as they stand in its file. */
export const storedSamples = (out: string, id: string): ReadonlyArray<Sample> =>
  readFileSync(join(out, 'cells', id, 'samples.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample)

/** A cell's file. */
export const storedCell = (out: string, id: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(out, 'cells', id, 'cell.json'), 'utf8')) as Record<string, unknown>
