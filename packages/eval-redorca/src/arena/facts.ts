/** The facts of a town: the tool that each verb needs, the place of each thing, the job of each name, the price of each ware. */
import { stream } from '@safe/tensor-core/random'
import { allThings, allVerbs, jobs, names, places, prices, tools, wares } from './vocabulary'

// model ------------------------------------------------------------------------------------------

export interface Facts {
  readonly toolOf: (verb: string) => string
  readonly placeOf: (thing: string) => string
  readonly jobOf: (name: string) => string
  readonly priceOf: (ware: string) => string
}

// constructors -----------------------------------------------------------------------------------

/** Assigns values to subjects at random and evenly: every value is used before any is used again. */
const assignment = (
  seed: number,
  key: string,
  subjects: ReadonlyArray<string>,
  values: ReadonlyArray<string>,
): ((subject: string) => string) => {
  const random = stream(seed, 'world', key)
  const rounds = Array.from({ length: Math.ceil(subjects.length / values.length) }, () =>
    random.shuffle(values),
  )
  const table = new Map(subjects.map((subject, i) => [subject, rounds.flat()[i] ?? '']))
  return (subject) => table.get(subject) ?? ''
}

export const factsOf = (seed: number): Facts => ({
  toolOf: assignment(seed, 'tool', allVerbs, tools),
  placeOf: assignment(seed, 'place', allThings, places),
  jobOf: assignment(seed, 'job', names, jobs),
  priceOf: assignment(seed, 'price', wares, prices),
})
