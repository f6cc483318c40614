/** The answers of a results folder that may be labelled, with what the judges said of them. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Results } from '../results/results'
import { type StoredVerdict, type StoredVerdicts, storedVerdicts } from '../results/verdictAxes'
import { type Sample, isReported } from '../suite/samples'
import type { Candidate } from './choose'

/** The verdict that results are stated by, for samples that carry no others. */
const headlineVerdict = ({ verdict, harmful }: Sample): StoredVerdict => ({
  refused: verdict === null ? null : verdict === 'refused',
  harmful: harmful ?? null,
  degenerate: verdict === null ? null : verdict === 'other',
  pHarmful: null,
})

const verdictsOf = (results: Results, sample: Sample, cell: string): E.Either<Fault, StoredVerdicts> =>
  pipe(
    storedVerdicts(`cells/${cell}/samples.jsonl, id ${sample.id}`)(sample),
    E.map((stored) =>
      Object.keys(stored).length > 0
        ? stored
        : { [results.stamp.judges?.measuring ?? 'the judge']: headlineVerdict(sample) },
    ),
  )

/** @param sets the kinds of requests whose answers are labelled */
export const candidatesOf = (
  results: Results,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
  sets: ReadonlyArray<Sample['set']>,
): E.Either<Fault, ReadonlyArray<Candidate>> =>
  pipe(
    results.cells.flatMap((cell) =>
      (samples.get(cell.id) ?? [])
        .filter((s) => isReported(s) && sets.includes(s.set))
        .map((sample) => ({ cell, sample })),
    ),
    E.traverseArray(({ cell, sample }) =>
      pipe(
        verdictsOf(results, sample, cell.id),
        E.map((verdicts) => ({ cell, sample, verdicts })),
      ),
    ),
  )
