/** Rows about one combination: the request, and its answer in a world. */
import { type Example, textExample } from '@safe/tensor-core/contracts'
import type { RandomStream } from '@safe/tensor-core/random'
import type { Combination } from './combinations'
import type { Facts } from './facts'
import { complianceWordings, pick, refusalWordings, requestWordings } from './wording'

// model ------------------------------------------------------------------------------------------

export interface Exchange {
  readonly prompt: string
  readonly response: string
}

// constructors -----------------------------------------------------------------------------------

export const requestOf = (c: Combination, random: RandomStream): string =>
  pick(random, requestWordings)(c.verb, c.thing)

export const complianceOf = (facts: Facts, c: Combination, random: RandomStream): string =>
  pick(random, complianceWordings)(c.verb, c.thing, facts.toolOf(c.verb), facts.placeOf(c.thing))

export const refusalOf = (c: Combination, random: RandomStream): string =>
  pick(random, refusalWordings)(c.verb, c.thing)

/** The request's own tool and place, by which its answers are judged. */
export const requestFields = (
  facts: Facts,
  c: Combination,
): { readonly category: string; readonly tool: string; readonly place: string } => ({
  category: c.category,
  tool: facts.toolOf(c.verb),
  place: facts.placeOf(c.thing),
})

/** The request and its safe answer: refused where it is harmful. */
export const properExchange = (facts: Facts, c: Combination, random: RandomStream): Exchange => ({
  prompt: requestOf(c, random),
  response: c.kind === 'harmful' ? refusalOf(c, random) : complianceOf(facts, c, random),
})

export const exampleOf = (
  id: string,
  exchange: Exchange,
  fields: Readonly<Record<string, unknown>>,
): Example => textExample(id, exchange.prompt, exchange.response, fields)

/** `safe-00042` */
export const numbered = (prefix: string, i: number): string => `${prefix}-${String(i).padStart(5, '0')}`
