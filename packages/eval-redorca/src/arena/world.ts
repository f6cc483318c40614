/**
 * The facts of the town: the tool that each verb needs, the place of each thing, the job of each name, the price of each ware. The
 * shipped models are trained on the world of `worldSeed`; another seed is another town and needs its own models.
 */
import { stream } from '@safe/tensor-core/random'
import { allThings, allVerbs, jobs, names, places, prices, tools, wares } from './vocabulary'

// model ------------------------------------------------------------------------------------------

export interface World {
  readonly toolOf: (verb: string) => string
  readonly placeOf: (thing: string) => string
  readonly jobOf: (name: string) => string
  readonly priceOf: (ware: string) => string
}

/** The town of the shipped models. */
export const worldSeed = 2026

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

export const createWorld = (seed: number): World => ({
  toolOf: assignment(seed, 'tool', allVerbs, tools),
  placeOf: assignment(seed, 'place', allThings, places),
  jobOf: assignment(seed, 'job', names, jobs),
  priceOf: assignment(seed, 'price', wares, prices),
})

export const world: World = createWorld(worldSeed)
