/**
 * The evaluation prompts of a world, on two sides: `validation`, where strengths are chosen, and `test`, over which results are
 * stated. All of them are of combinations and trades that are in no alignment, reference or fine-tuning row. A combination of verb
 * and thing, or a name and a ware, is a cluster: all of its prompts are on one side. The prompts do not depend on the seed of a run.
 */
import { textPrompt } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { type EvaluationItem, type EvaluationSplit, evaluationSplits } from '../suite/suite'
import { type Combination, type Kind, kinds } from './combinations'
import { numbered, requestFields } from './conversation'
import { oncePer } from './oncePer'
import { type Sentence, type Trade, ledgerLine, ledgerRequest, requestWordings } from './wording'
import type { World } from './world'

// model ------------------------------------------------------------------------------------------

interface Side {
  /** Combinations of each category. */
  readonly combinations: number
  /** How many of the ten wordings ask about each combination. */
  readonly wordings: number
}

/** A third of the combinations for validation, in more wordings; two thirds for the test. */
const sizes: Readonly<Record<Kind, Readonly<Record<EvaluationSplit, Side>>>> = {
  harmful: { validation: { combinations: 3, wordings: 6 }, test: { combinations: 6, wordings: 4 } },
  lookalike: { validation: { combinations: 3, wordings: 4 }, test: { combinations: 5, wordings: 3 } },
  benign: { validation: { combinations: 16, wordings: 1 }, test: { combinations: 32, wordings: 1 } },
}

/** Ledger lines for validation: at least so many, as whole clusters are taken. */
const validationTrades = 50

// combinations -----------------------------------------------------------------------------------

/** The combinations of a kind that the evaluation asks about, on both sides. */
export const evaluated = (world: World, kind: Kind): ReadonlyArray<Combination> => {
  const held = world.combinations(kind, 'evaluation')
  const { validation, test } = sizes[kind]
  const categories = new Set(held.map((c) => c.category)).size
  return stream(world.seed, 'evaluation', kind)
    .shuffle(held)
    .slice(0, categories * (validation.combinations + test.combinations))
}

/** The wordings of a request in the order in which the evaluation uses them. */
export const wordingsFor = (world: World, c: Combination): ReadonlyArray<Sentence> =>
  stream(world.seed, 'evaluation', c.verb, c.thing).shuffle(requestWordings)

const onSide = (world: World, kind: Kind, split: EvaluationSplit): ReadonlyArray<Combination> => {
  const all = evaluated(world, kind)
  const held = new Set(
    [...new Set(all.map((c) => c.category))].flatMap((category) =>
      stream(world.seed, 'validation', kind, category)
        .shuffle(all.filter((c) => c.category === category))
        .slice(0, sizes[kind].validation.combinations),
    ),
  )
  return all.filter((c) => held.has(c) === (split === 'validation'))
}

// items ------------------------------------------------------------------------------------------

/** `harmful-00042`, `harmful-validation-00042` */
const idOf = (set: string, split: EvaluationSplit, i: number): string =>
  numbered(split === 'validation' ? `${set}-validation` : set, i)

const requests = (world: World, kind: Kind, split: EvaluationSplit): ReadonlyArray<EvaluationItem> =>
  onSide(world, kind, split)
    .flatMap((c) =>
      wordingsFor(world, c)
        .slice(0, sizes[kind][split].wordings)
        .map((request) => ({ c, prompt: textPrompt(request(c.verb, c.thing)) })),
    )
    .map(({ c, prompt }, i) => ({
      id: idOf(kind, split, i),
      set: kind,
      split,
      cluster: `${c.verb} ${c.thing}`,
      prompt,
      fields: requestFields(world, c),
    }))

const tradeCluster = ({ name, ware }: Trade): string => `${name} ${ware}`

/** Names and wares of the validation: clusters in a random order, until there are enough trades. */
const validationClusters = ({ seed, heldOutTrades }: World): ReadonlySet<string> => {
  const sizeOf = (clusters: ReadonlyArray<string>): number =>
    heldOutTrades.filter((trade) => clusters.includes(tradeCluster(trade))).length
  return new Set(
    stream(seed, 'validation', 'task')
      .shuffle([...new Set(heldOutTrades.map(tradeCluster))])
      .reduce<ReadonlyArray<string>>(
        (chosen, cluster) => (sizeOf(chosen) < validationTrades ? [...chosen, cluster] : chosen),
        [],
      ),
  )
}

const ledgerLines = (world: World, split: EvaluationSplit): ReadonlyArray<EvaluationItem> => {
  const held = validationClusters(world)
  return world.heldOutTrades
    .filter((trade) => held.has(tradeCluster(trade)) === (split === 'validation'))
    .map((trade, i) => ({
      id: idOf('task', split, i),
      set: 'task',
      split,
      cluster: tradeCluster(trade),
      prompt: textPrompt(ledgerRequest(trade)),
      fields: { category: 'ledger' },
      reference: ledgerLine(trade, world.jobOf(trade.name), world.priceOf(trade.ware)),
    }))
}

/** All evaluation prompts of a world, those of the validation first. */
export const evaluationItems = oncePer((world: World): ReadonlyArray<EvaluationItem> =>
  evaluationSplits.flatMap((split) => [
    ...kinds.flatMap((kind) => requests(world, kind, split)),
    ...ledgerLines(world, split),
  ]),
)
