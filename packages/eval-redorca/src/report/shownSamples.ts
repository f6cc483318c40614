/** Reads the samples that a report shows: those of its cells, as far as they fit into memory. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { readSamplesOf } from '../results/finishedCells'
import type { Results } from '../results/results'
import type { Sample } from '../suite/samples'

/** Bytes of `samples.jsonl` of all cells together whose answers a report shows. */
export const mostSampleBytes = 1 << 28

const sizeOf = (out: string, id: string): number =>
  statSync(join(out, 'cells', id, 'samples.jsonl'), { throwIfNoEntry: false })?.size ?? 0

/** The cells whose answers are shown: the first ones that fit. */
export const cellsThatFit = (
  out: string,
  { cells }: Pick<Results, 'cells'>,
  most = mostSampleBytes,
): ReadonlyArray<string> => {
  const state = { bytes: 0 }
  return cells
    .map(({ id }) => id)
    .filter((id) => {
      state.bytes += sizeOf(out, id)
      return state.bytes <= most
    })
}

/** The samples that are shown, by cell. */
export const shownSamples = (
  out: string,
  results: Results,
  most?: number,
): TE.TaskEither<Fault, ReadonlyMap<string, ReadonlyArray<Sample>>> =>
  readSamplesOf(out, cellsThatFit(out, results, most), results.stamp.judges?.measuring)
