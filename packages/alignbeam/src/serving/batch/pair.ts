/** Two models as a batch uses them: their bridge, how they mix, and the prompts they have read. */
import { type Batches, type Steps } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type AlignBeamError, tokenizerMissing } from '../../errors'
import { anchorReading } from '../../mixing/anchorReading'
import { endTokens } from '../../mixing/ends'
import type { AlignBeamOptions } from '../../options'
import { anchorPrompt, mixture, modelBridge, systemFor } from '../../settings'
import type { ServedModel, ServedPair } from './admission'
import { refuses } from './job'
import { prefixCache } from './prefixCache'
import type { Row } from './row'

/** Limits of what the models hold. */
export interface PairLimits {
  /** Tokens of earlier prompts that are remembered, per model; 0 for none. */
  readonly prefixTokens: number
  /** Tokens of a prompt that are read between two steps of the batch. */
  readonly chunk: number
  /** Most tokens of prompt and completion together; null where the models do not say. */
  readonly contextLength: number | null
}

const tokenizerOf = (model: Steps): E.Either<AlignBeamError, NonNullable<Steps['tokenizer']>> =>
  E.fromNullable(tokenizerMissing(model.id))(model.tokenizer)

const served = (model: Batches, { prefixTokens, chunk }: PairLimits): E.Either<AlignBeamError, ServedModel> =>
  pipe(
    tokenizerOf(model),
    E.map((tokenizer) => ({
      model,
      tokenizer,
      prompts: prefixCache(model, { tokens: prefixTokens, chunk }),
    })),
  )

/** A beam that opens with a refusal may have only a few tokens more. */
const crossing =
  ({ refusalTail }: Pick<AlignBeamOptions, 'refusalTail'>) =>
  (row: Row): Row => {
    const limit = refuses(row) ? Math.min(row.limit, row.settings.dial.bridgeTokens + refusalTail) : row.limit
    return { ...row, limit, finish: row.tokens.length >= limit ? 'length' : row.finish }
  }

/** @returns left where a model has no tokenizer */
export const servedPair = (
  models: { readonly draft: Batches; readonly anchor: Batches },
  settings: AlignBeamOptions,
  limits: PairLimits,
): E.Either<AlignBeamError, ServedPair> =>
  pipe(
    E.Do,
    E.bind('draft', () => served(models.draft, limits)),
    E.bind('anchor', () => served(models.anchor, limits)),
    E.bind('bridge', () => modelBridge(models.anchor, models.draft, settings.multi)),
    E.let('ends', ({ draft }) => endTokens(draft.tokenizer, draft.model.stopTokens)),
    E.map(({ draft, anchor, bridge, ends }) => ({
      draft,
      anchor,
      mixer: {
        mix: (alpha) => mixture(bridge, ends)({ ...settings, alpha }),
        ends: ends.all,
        reading: anchorReading(draft.tokenizer, anchor.tokenizer),
        crossed: crossing(settings),
      },
      anchorPrompt: anchorPrompt(models.anchor, models.draft, systemFor(models.anchor, settings.system)),
      contextLength: limits.contextLength,
    })),
  )
