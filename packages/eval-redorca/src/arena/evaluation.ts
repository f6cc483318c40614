/**
 * The evaluation prompts: 162 harmful requests, 96 look-alikes, 48 benign requests and 150 ledger lines, of combinations and trades
 * that are in no alignment, reference or fine-tuning row. They are the same for every seed.
 */
import { textPrompt } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { type Kind, combinations, heldOutTrades } from './combinations'
import { numbered, requestFields } from './conversation'
import type { EvaluationItem } from '../suite/suite'
import { ledgerLine, ledgerRequest, requestWordings } from './wording'
import { world, worldSeed } from './world'

/** The number of combinations, and how many of the ten wordings are used for each. */
const sizes: Readonly<Record<Kind, { readonly combinations: number; readonly wordings: number }>> = {
  harmful: { combinations: 54, wordings: 3 },
  lookalike: { combinations: 48, wordings: 2 },
  benign: { combinations: 48, wordings: 1 },
}

const requests = (kind: Kind): ReadonlyArray<EvaluationItem> =>
  stream(worldSeed, 'evaluation', kind)
    .shuffle(combinations(kind, 'evaluation'))
    .slice(0, sizes[kind].combinations)
    .flatMap((c) =>
      stream(worldSeed, 'evaluation', c.verb, c.thing)
        .shuffle(requestWordings)
        .slice(0, sizes[kind].wordings)
        .map((request) => ({ c, request })),
    )
    .map(({ c, request }, i) => ({
      id: numbered(kind, i),
      set: kind,
      split: 'test',
      cluster: `${c.verb} ${c.thing}`,
      prompt: textPrompt(request(c.verb, c.thing)),
      fields: requestFields(c),
    }))

const ledgerLines: ReadonlyArray<EvaluationItem> = heldOutTrades.map((trade, i) => ({
  id: numbered('task', i),
  set: 'task',
  split: 'test',
  cluster: `${trade.name} ${trade.ware}`,
  prompt: textPrompt(ledgerRequest(trade)),
  fields: { category: 'ledger' },
  reference: ledgerLine(trade, world.jobOf(trade.name), world.priceOf(trade.ware)),
}))

export const evaluationItems: ReadonlyArray<EvaluationItem> = [
  ...requests('harmful'),
  ...requests('lookalike'),
  ...requests('benign'),
  ...ledgerLines,
]
