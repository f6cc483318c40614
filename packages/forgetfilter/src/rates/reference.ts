/**
 * What completions are compared with by `rouge`. `ground-truth` is the paper's: both models' completions against the row's response.
 * `past-completion` compares what M2 says with what M1 said, so it measures how far the safe set changed the answer, and needs no
 * responses: s1 is 1 (0 where M1 said nothing), s2 is ROUGE-1 F of M2's completion against M1's.
 */
import type { GroundTruth, Named } from './rates'
import type { Observation } from './signals'

/** The names of what completions can be compared with. */
export const references = ['ground-truth', 'past-completion'] as const
/** What completions are compared with. */
export type Reference = (typeof references)[number]

/** The references of rows under `past-completion`: M1's completions, in the order of the data where it is given. */
export const pastCompletions = (
  before: Named<Observation>,
  data?: Named<GroundTruth>,
): Named<GroundTruth> => {
  const said = new Map(before.rows.map(({ id, completion }) => [id, completion ?? '']))
  return data === undefined
    ? {
        name: before.name,
        rows: before.rows.map(({ id, completion }) => ({ id, response: completion ?? '' })),
      }
    : { name: data.name, rows: data.rows.map(({ id }) => ({ id, response: said.get(id) ?? '' })) }
}
