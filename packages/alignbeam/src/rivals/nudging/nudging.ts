/** Nudging (arXiv 2410.09300) as a defence of the decoding stage. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DecodingDefence,
  type Diagnostics,
  type RecordDiagnostics,
  type Steps,
  decodingDefence,
} from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import { type AlignBeamError, tokenizerMissing } from '../../errors'
import { anchorPrompt } from '../../settings'
import { type NudgingOptions, nudgingOptions } from '../options'
import { type Speaker, nudgedModel } from './nudgedModel'
import type { NudgedRow } from './row'

// model ------------------------------------------------------------------------------------------

/** What nudging works with. */
export interface NudgingResources {
  /** A small aligned model, of any vocabulary. It stays the caller's. */
  readonly anchor: Steps
  /** Takes what decoding did, over all prompts answered so far. */
  readonly record?: RecordDiagnostics | undefined
  /** Called when the defended model is disposed of: the place to dispose of the anchor. */
  readonly onDispose?: (() => void) | undefined
}

/** Sums over prompts. */
interface Tally {
  readonly prompts: number
  readonly tokens: number
  readonly anchorTokens: number
  readonly words: number
  readonly fallbacks: number
  readonly passes: number
}

const nothing: Tally = { prompts: 0, tokens: 0, anchorTokens: 0, words: 0, fallbacks: 0, passes: 0 }

const withRow = (sum: Tally, row: NudgedRow): Tally => ({
  prompts: sum.prompts + 1,
  tokens: sum.tokens + row.tokens.length,
  anchorTokens: sum.anchorTokens + row.anchorTokens,
  words: sum.words + row.words,
  fallbacks: sum.fallbacks + row.fallbacks,
  passes: sum.passes + row.passes,
})

/** The sums as a report shows them: the share of all tokens that is the anchor's, and counts. */
const diagnosticsOf = ({ prompts, tokens, anchorTokens, words, fallbacks, passes }: Tally): Diagnostics => ({
  prompts,
  tokens,
  anchorShare: tokens === 0 ? null : anchorTokens / tokens,
  anchorWords: words,
  fallbacks,
  extraForwardPasses: passes,
})

// constructors -----------------------------------------------------------------------------------

const speaking = <M extends Steps>(model: M): E.Either<AlignBeamError, Speaker<M>> =>
  model.tokenizer === undefined
    ? E.left(tokenizerMissing(model.id))
    : E.right({ model, tokenizer: model.tokenizer })

const recording = (record: RecordDiagnostics | undefined): ((rows: ReadonlyArray<NudgedRow>) => void) => {
  const state = { sum: nothing }
  return (rows) => {
    state.sum = rows.reduce(withRow, state.sum)
    record?.(diagnosticsOf(state.sum))
  }
}

/**
 * Nudging with this anchor. Both models write greedily, whatever the caller's temperature; limits, stop strings and the repetition
 * penalty are the caller's, the penalty on log-probabilities.
 *
 * @param options what is left out is the paper's; threshold 0 is the draft itself, above 1 the anchor writes every word
 * @returns a defence whose `apply` ends in `BadOption` (with the field) or `TokenizerMissing`
 */
export const nudging = (
  options: Partial<NudgingOptions>,
  { anchor, record, onDispose }: NudgingResources,
): DecodingDefence<AlignBeamError> =>
  decodingDefence<AlignBeamError>({
    name: 'nudging',
    parameters: {
      ...parametersOf(nudgingOptions, completed(nudgingOptions, options)),
      anchor: anchor.id,
    },
    apply: (draft) =>
      TE.fromEither(
        pipe(
          checked(nudgingOptions, options),
          E.bindTo('settings'),
          E.bindW('ours', () => speaking(draft)),
          E.bindW('theirs', () => speaking(anchor)),
          E.map(({ settings: { threshold, system, batchSize }, ours, theirs }) =>
            nudgedModel(ours, {
              id: `nudging(${draft.id}, ${anchor.id})`,
              anchor: theirs,
              threshold,
              batchSize,
              anchorPrompt: anchorPrompt(anchor, draft, system),
              onRows: recording(record),
              onDispose,
            }),
          ),
        ),
      ),
  })
