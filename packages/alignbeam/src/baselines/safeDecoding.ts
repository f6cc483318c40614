/**
 * SafeDecoding (arXiv 2402.08983) as a defence of the decoding stage: the first m tokens come from the draft pushed towards an
 * expert of the same vocabulary, greedily; the draft writes the rest.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DecodingDefence, type Steps, decodingDefence } from '@safe/tensor-core/contracts'
import { checked, completed, parametersOf } from '@safe/tensor-core/options'
import type { ChoiceSettings } from '../mixing/answer'
import { answeringModel } from '../mixing/answeringModel'
import type { AlignBeamError } from '../errors'
import type { Mixer } from '../mixing/mixedSession'
import { type SafeDecodingOptions, safeDecodingOptions } from '../options'
import { sameVocabulary } from '../vocabulary'
import { safeDecodingMix } from './safeDecodingMix'

// model ------------------------------------------------------------------------------------------

/** What SafeDecoding works with. */
export interface SafeDecodingResources {
  /** An aligned model of the draft's vocabulary. It stays the caller's. */
  readonly expert: Steps
  /** Called when the defended model is disposed of: the place to dispose of the expert. */
  readonly onDispose?: (() => void) | undefined
}

/** SafeDecoding has one beam, which is not judged and not cut short. */
export const onlyBeam: ChoiceSettings = {
  beams: 1,
  tau: 0,
  onNoSafe: 'lowest',
  refusalTail: Number.MAX_SAFE_INTEGER,
}

// constructors -----------------------------------------------------------------------------------

/** @returns left `VocabularyMismatch` where the two models do not share their vocabulary. */
export const safeDecodingMixer = (
  expert: Steps,
  draft: Steps,
  settings: SafeDecodingOptions,
): E.Either<AlignBeamError, Mixer> =>
  pipe(
    sameVocabulary(expert, draft, 'SafeDecoding'),
    E.map(() => ({
      bridgeTokens: settings.first,
      mix: safeDecodingMix(settings),
      reading: (completion) => completion,
      anchorPrompt: (prompt) => TE.right(prompt),
    })),
  )

/**
 * SafeDecoding with this expert.
 *
 * @param options what is left out is the paper's
 * @returns a defence whose `apply` ends in `BadOption` (with the field), `TokenizerMissing` or `VocabularyMismatch`
 */
export const safeDecoding = (
  options: Partial<SafeDecodingOptions>,
  { expert, onDispose }: SafeDecodingResources,
): DecodingDefence<AlignBeamError> =>
  decodingDefence<AlignBeamError>({
    name: 'safe-decoding',
    parameters: {
      ...parametersOf(safeDecodingOptions, completed(safeDecodingOptions, options)),
      expert: expert.id,
    },
    apply: (draft) =>
      pipe(
        TE.fromEither(checked(safeDecodingOptions, options)),
        TE.bindTo('settings'),
        TE.bindW('mixer', ({ settings }) => TE.fromEither(safeDecodingMixer(expert, draft, settings))),
        TE.map(({ settings: { batchSize }, mixer }) =>
          answeringModel(draft, expert, mixer, {
            id: `safe-decoding(${draft.id}, ${expert.id})`,
            judge: undefined,
            settings: { ...onlyBeam, batchSize },
            onDispose,
          }),
        ),
      ),
  })
