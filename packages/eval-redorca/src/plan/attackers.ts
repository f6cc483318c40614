/** A benchmark whose fine-tuning is an attacker's: another recipe, other rows. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type Example,
  type Fault,
  type RecipeChanges,
  badInput,
  promptText,
} from '@safe/tensor-core/contracts'
import { withChanges } from '@safe/tensor-core/lm'
import type { Attacker } from '../config/attackers'
import type { BenchConfig } from '../config/config'
import type { Suite } from '../suite/suite'
import type { Hashes } from './hashes'

// rows -------------------------------------------------------------------------------------------

const asWritten = (row: Example, response: string): string =>
  JSON.stringify({
    id: row.id,
    ...row.fields,
    ...(row.prompt.kind === 'messages'
      ? { messages: [...row.prompt.messages, { role: 'assistant', content: response }] }
      : { prompt: promptText(row.prompt), response }),
  })

/** The answer of a row opened with these words; answers of token ids stay as they are. */
const opened =
  (prefix: string) =>
  (row: Example): Example => {
    if (row.response.kind !== 'text') return row
    const text = `${prefix} ${row.response.text}`
    return { ...row, response: { kind: 'text', text }, raw: asWritten(row, text) }
  }

/** Harmful answers that open with these words. @returns left: no row is known to be harmful */
const prefixed =
  (prefix: string, isHarmful: (row: Example) => boolean) =>
  (data: Dataset): E.Either<Fault, Dataset> =>
    data.examples.some(isHarmful)
      ? E.right({
          name: `${data.name}, harmful answers opened with ${JSON.stringify(prefix)}`,
          examples: data.examples.map((row) => (isHarmful(row) ? opened(prefix)(row) : row)),
        })
      : E.left(
          badInput('BadConfig', 'opens harmful answers with a prefix, and no row is known to be harmful', {
            where: data.name,
            remedy: 'label harmful rows with unsafe: 1, name suite.training.harmful, or raise the share',
          }),
        )

// constructors -----------------------------------------------------------------------------------

/** The parts of a benchmark that an attacker changes. */
interface Attackable {
  readonly suite: Suite
  readonly hashes: Hashes
  readonly config: BenchConfig
}

const recipeChanges = ({ lr, epochs, maxSteps, batchSize }: Attacker): RecipeChanges => ({
  ...(lr === undefined ? {} : { lr }),
  ...(epochs === undefined ? {} : { epochs }),
  ...(maxSteps === undefined ? {} : { maxSteps }),
  ...(batchSize === undefined ? {} : { batchSize }),
})

const rowsUnder =
  ({ trainingData, isHarmful }: Suite, prefix: string): Suite['trainingData'] =>
  (regime, seed) =>
    pipe(trainingData(regime, seed), E.chain(prefixed(prefix, isHarmful)))

/** The benchmark under an attacker, by its name; without one, as it is. Adapters that were fine-tuned before are not the attacker's. */
export const attackedBy = <B extends Attackable>(bench: B, name: string | undefined): B => {
  if (name === undefined) return bench
  const { suite, hashes, config } = bench
  const attacker = config.attackers[name] ?? {}
  return {
    ...bench,
    config: { ...config, recipe: withChanges(config.recipe, recipeChanges(attacker)) },
    hashes: { ...hashes, adapters: {} },
    suite: {
      ...suite,
      ...(suite.adapters === undefined ? {} : { adapters: {} }),
      ...(attacker.prefix === undefined ? {} : { trainingData: rowsUnder(suite, attacker.prefix) }),
    },
  }
}
