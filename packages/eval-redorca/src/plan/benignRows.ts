/** The benign rows of attackers: which there are to choose from, which are chosen, and what the choice needs. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Example, type Fault, badInput } from '@safe/tensor-core/contracts'
import { anchorDefaults } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import { type BenignRows, chosenCount, trainedCount } from '../config/benignRows'
import type { Suite } from '../suite/suite'

// checks -----------------------------------------------------------------------------------------

/** Rows of the suite that are the anchors of `eroding`. */
const anchorsIn = ({ harmful, references }: Pick<Suite, 'harmful' | 'references'>) => [
  { key: 'suite.harmful', data: harmful, needed: anchorDefaults.anchors },
  { key: 'suite.references', data: references, needed: 2 * anchorDefaults.anchors },
]

const withAnchors = (suite: Pick<Suite, 'harmful' | 'references'>): E.Either<Fault, void> => {
  const short = anchorsIn(suite).find(({ data, needed }) => (data?.examples.length ?? 0) < needed)
  return short === undefined
    ? E.right(undefined)
    : E.left(
        badInput(
          'BadConfig',
          `compares gradients with those of ${short.needed} rows of ${short.key}, which has ${short.data?.examples.length ?? 'none'}`,
          { remedy: `give more rows as ${short.key}, or set rows: random` },
        ),
      )
}

/** The benign rows to choose from. @returns left: there are fewer than are to be chosen, or too few anchor rows */
export const benignRows =
  (choice: BenignRows, { isHarmful, ...suite }: Pick<Suite, 'isHarmful' | 'harmful' | 'references'>) =>
  (data: Dataset): E.Either<Fault, Dataset> => {
    const examples = data.examples.filter((row) => !isHarmful(row))
    return pipe(
      choice.rows === 'eroding' ? withAnchors(suite) : E.right(undefined),
      E.filterOrElse(
        () => examples.length >= chosenCount(choice, examples.length),
        (): Fault =>
          badInput(
            'BadConfig',
            `chooses ${chosenCount(choice, examples.length)} benign rows, and there are ${examples.length}`,
            { remedy: 'lower top, or name a regime with more rows' },
          ),
      ),
      E.map(() => ({ ...data, examples })),
    )
  }

// choosing ---------------------------------------------------------------------------------------

/** Row numbers drawn by the seed. */
export const drawnRows = (choice: BenignRows, { examples }: Dataset, seed: number): ReadonlyArray<number> =>
  stream(seed, 'attacker', 'benign rows')
    .shuffle(examples.map((_, i) => i))
    .slice(0, chosenCount(choice, examples.length))

/** The rows of these numbers in their order, and again from the first as often as the choice says. Repeated rows have ids of their own. */
export const repeatedRows = (choice: BenignRows, data: Dataset, numbers: ReadonlyArray<number>): Dataset => {
  const chosen = numbers.flatMap((i) => data.examples[i] ?? [])
  const total = choice.times === 'fill' ? data.examples.length : choice.times * chosen.length
  return {
    ...data,
    examples: Array.from({ length: chosen.length === 0 ? 0 : total }, (_, i) => i).flatMap(
      (i): ReadonlyArray<Example> => {
        const row = chosen[i % chosen.length]
        const round = Math.floor(i / chosen.length)
        return row === undefined ? [] : [round === 0 ? row : { ...row, id: `${row.id} (${round + 1})` }]
      },
    ),
  }
}

/** Number of rows trained on, of so many to choose from; all of them without a choice. */
export const trainedRows = (choice: BenignRows | undefined, rows: number): number =>
  choice === undefined ? rows : trainedCount(choice, rows)
