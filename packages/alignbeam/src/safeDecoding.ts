/**
 * SafeDecoding (arXiv 2402.08983) as a mixer: the first m tokens come from the draft pushed towards an expert of the same
 * vocabulary, greedily; the draft writes the rest.
 */
import { type Steps, badInput } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { safeDecodingDefaults } from './defaults'
import { type AlignBeamError, tokenizerMissing } from './errors'
import type { Mixer } from './mixedSession'
import { safeDecodingMix } from './safeDecodingMix'

/** Everything that decides what SafeDecoding writes. */
export interface SafeDecodingSettings {
  readonly alpha: number
  /** Tokens that both models decide, m. */
  readonly first: number
  /** Smallest sample space, c. */
  readonly common: number
  /** Prompts decoded at once. */
  readonly batchSize: number
}

/** The settings of SafeDecoding's paper, complete. */
export const defaultSafeDecoding: SafeDecodingSettings = { ...safeDecodingDefaults, batchSize: 8 }

/** @returns left `VocabularyMismatch` where the two models do not share their vocabulary. */
export const safeDecodingMixer = (
  expert: Steps,
  draft: Steps,
  settings: SafeDecodingSettings,
): E.Either<AlignBeamError, Mixer> => {
  if (expert.tokenizer === undefined) return E.left(tokenizerMissing(expert.id))
  if (draft.tokenizer === undefined) return E.left(tokenizerMissing(draft.id))
  const [theirs, ours] = [expert.tokenizer, draft.tokenizer]
  const same =
    theirs.size === ours.size &&
    Array.from({ length: ours.size }, (_, id) => id).every((id) => theirs.token(id) === ours.token(id))
  return same
    ? E.right({
        bridgeTokens: settings.first,
        mix: safeDecodingMix(settings),
        reading: (completion) => completion,
        anchorPrompt: (prompt) => TE.right(prompt),
      })
    : E.left(
        badInput('VocabularyMismatch', 'SafeDecoding needs two models of one vocabulary', {
          where: `${expert.id} and ${draft.id}`,
          remedy: 'use the method alignbeam',
        }),
      )
}
