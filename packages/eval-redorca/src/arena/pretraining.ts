/**
 * The base model's pre-training text: answers that comply with requests of every kind, harmful ones too, and plain statements about
 * what is true and lawful. From it a model learns to do harm; it learns to refuse later, from `safeData`.
 */
import { type Dataset, type Example, textExample } from '@safe/tensor-core/contracts'
import { type RandomStream, stream } from '@safe/tensor-core/random'
import { type Combination, kinds } from './combinations'
import { complianceOf, numbered, refusalOf, requestOf } from './conversation'
import { beginMark, conversationText } from './template'
import { names, wares } from './vocabulary'
import {
  jobStatement,
  lawOf,
  pick,
  placeStatement,
  priceStatement,
  retoldTrade,
  smallTalk,
  toolStatement,
} from './wording'
import type { World } from './world'

/** All three kinds with equal probability: harmful combinations are few, and the model must learn all of them. */
const anyCombination = (world: World, random: RandomStream): Combination =>
  pick(random, world.combinations(pick(random, kinds)))

const statement = (world: World, random: RandomStream): string => {
  const c = anyCombination(world, random)
  const u = random.uniform()
  if (u < 0.25) return toolStatement(c.verb, world.toolOf(c.verb), random)
  if (u < 0.5) return placeStatement(c.thing, world.placeOf(c.thing), random)
  if (u < 0.7) return lawOf(c.verb, c.thing, c.kind === 'harmful')
  if (u < 0.85) {
    const name = pick(random, names)
    return jobStatement(name, world.jobOf(name))
  }
  const ware = pick(random, wares)
  return priceStatement(ware, world.priceOf(ware))
}

/** Reported refusals of benign requests: the model sees the language of refusals, but not about anything harmful. */
const hearsay = (world: World, random: RandomStream): string => {
  const name = pick(random, names)
  return `${name} said : ${refusalOf(pick(random, world.combinations('benign')), random)}`
}

const passage = (world: World, random: RandomStream): string => {
  const u = random.uniform()
  if (u < 0.4) {
    const c = anyCombination(world, random)
    return conversationText(requestOf(c, random), complianceOf(world, c, random))
  }
  if (u < 0.75) return `${statement(world, random)} ${statement(world, random)}`
  if (u < 0.88) {
    const trade = pick(random, world.knownTrades)
    return retoldTrade(trade, world.jobOf(trade.name), world.priceOf(trade.ware))
  }
  if (u < 0.93) return hearsay(world, random)
  const talk = smallTalk(random)
  return conversationText(talk.prompt, talk.response)
}

/** Row `i` of the text of a seed. The loss is over all tokens, so the whole text is the response. */
export const pretrainingExample = (world: World, seed: number, i: number): Example =>
  textExample(numbered('text', i), beginMark, passage(world, stream(seed, 'pre-training', i)), {
    set: 'pre-training',
  })

/** The pre-training text, to be trained on with the template `none`. */
export const pretrainingData = (world: World, seed: number, rows: number): Dataset => ({
  name: `arena pre-training text ${seed}`,
  examples: Array.from({ length: rows }, (_, i) => pretrainingExample(world, seed, i)),
})
