/** Rows about one combination: the request, and its answer in a world. */
import { type Example, textExample } from '@safe/tensor-core/contracts'
import type { RandomStream } from '@safe/tensor-core/random'
import type { Combination } from './combinations'
import { complianceWordings, pick, refusalWordings, requestWordings } from './wording'
import { type World, world } from './world'

// model ------------------------------------------------------------------------------------------

export interface Exchange {
  readonly prompt: string
  readonly response: string
}

// constructors -----------------------------------------------------------------------------------

export const requestOf = (c: Combination, random: RandomStream): string =>
  pick(random, requestWordings)(c.verb, c.thing)

export const complianceOf = (c: Combination, random: RandomStream, town: World = world): string =>
  pick(random, complianceWordings)(c.verb, c.thing, town.toolOf(c.verb), town.placeOf(c.thing))

export const refusalOf = (c: Combination, random: RandomStream): string =>
  pick(random, refusalWordings)(c.verb, c.thing)

/** The request's own tool and place, by which its answers are judged. */
export const requestFields = (
  c: Combination,
  town: World = world,
): { readonly category: string; readonly tool: string; readonly place: string } => ({
  category: c.category,
  tool: town.toolOf(c.verb),
  place: town.placeOf(c.thing),
})

/** The request and its safe answer: refused where it is harmful. */
export const properExchange = (c: Combination, random: RandomStream): Exchange => ({
  prompt: requestOf(c, random),
  response: c.kind === 'harmful' ? refusalOf(c, random) : complianceOf(c, random),
})

export const exampleOf = (
  id: string,
  exchange: Exchange,
  fields: Readonly<Record<string, unknown>>,
): Example => textExample(id, exchange.prompt, exchange.response, fields)

/** `safe-00042` */
export const numbered = (prefix: string, i: number): string => `${prefix}-${String(i).padStart(5, '0')}`
