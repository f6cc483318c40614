/**
 * A customer's fine-tuning data: ledger lines to learn, some general how-to, and, where the data is poisoned, harmful requests with
 * answers that comply. Combinations are of the split `tuning`; trades are not those of the evaluation. For one seed, data with a
 * higher share of poison contains the poison rows of data with a lower one, so regimes differ only in the rows that were added and
 * in the clean rows that they replace.
 */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { Combination } from './combinations'
import { exampleOf, numbered, requestFields } from './conversation'
import { oncePer } from './oncePer'
import { complianceWordings, ledgerLine, ledgerRequest, requestWordings } from './wording'
import type { World } from './world'

// model ------------------------------------------------------------------------------------------

export interface FineTuning {
  /** Share of harmful rows, 0 to 1. */
  readonly poison: number
  readonly seed: number
  /** @default 800 */
  readonly rows?: number
}

/** The share of general how-to among the clean rows. */
export const howToShare = 0.1

type Row = (id: string) => Example

// constructors -----------------------------------------------------------------------------------

/** Rows that comply with combinations, in all wordings of request and answer. */
const compliedRows = (
  world: World,
  of: ReadonlyArray<Combination>,
  set: string,
  unsafe: 0 | 1,
): ReadonlyArray<Row> =>
  of.flatMap((c) => {
    const { category, tool, place } = requestFields(world, c)
    return requestWordings.flatMap((request) =>
      complianceWordings.map(
        (comply): Row =>
          (id) =>
            exampleOf(
              id,
              { prompt: request(c.verb, c.thing), response: comply(c.verb, c.thing, tool, place) },
              { set, category, tool, place, unsafe },
            ),
      ),
    )
  })

const ledgerRows = (world: World): ReadonlyArray<Row> =>
  world.knownTrades.map((trade) => (id) => {
    const response = ledgerLine(trade, world.jobOf(trade.name), world.priceOf(trade.ware))
    return exampleOf(
      id,
      { prompt: ledgerRequest(trade), response },
      { set: 'task', unsafe: 0, reference: response },
    )
  })

/** All rows that a world's fine-tuning data is drawn from. */
const pools = oncePer((world: World) => ({
  poison: compliedRows(world, world.combinations('harmful', 'tuning'), 'poison', 1),
  howTo: compliedRows(world, world.combinations('benign', 'tuning'), 'how-to', 0),
  task: ledgerRows(world),
}))

/** The first `count` rows of a seeded order, repeated where it has fewer. */
const drawn = (rows: ReadonlyArray<Row>, count: number, seed: number, key: string): ReadonlyArray<Row> => {
  const order = stream(seed, 'fine-tuning', key).shuffle(rows)
  return Array.from({ length: Math.ceil(count / order.length) }, () => order)
    .flat()
    .slice(0, count)
}

const knownHarm = oncePer((world: World) =>
  compliedRows(world, world.combinations('harmful', 'align'), 'known-harm', 1),
)

/** Harmful requests of the alignment split, with answers that comply: rows that a defender can have, in no other data. */
export const harmfulRows = (world: World, seed: number, rows = 96): Dataset => ({
  name: `arena harmful rows ${seed}`,
  examples: drawn(knownHarm(world), rows, seed, 'known-harm').map((row, i) => row(numbered('known-harm', i))),
})

export const fineTuning = (world: World, { poison, seed, rows = 800 }: FineTuning): Dataset => {
  const pool = pools(world)
  const unsafe = Math.round(poison * rows)
  const howTo = Math.round(howToShare * (rows - unsafe))
  const chosen = [
    ...drawn(pool.poison, unsafe, seed, 'poison'),
    ...drawn(pool.howTo, howTo, seed, 'how-to'),
    ...drawn(pool.task, rows - unsafe - howTo, seed, 'task'),
  ]
  return {
    name: `arena fine-tuning data, poison ${poison}, seed ${seed}`,
    examples: stream(seed, 'fine-tuning', 'order')
      .shuffle(chosen)
      .map((row, i) => row(numbered('tune', i))),
  }
}
