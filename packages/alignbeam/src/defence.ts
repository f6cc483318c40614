/** The decoding defences of this package as values: endomorphisms of `CausalLM`. */
import type { DecodingDefence, Judge, Steps } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { answerBatch } from './answer'
import { refusalPrefix, safetySystemPrompt } from './defaults'
import { mixedModel } from './mixedModel'
import { prefixedModel } from './prefixedModel'
import { type SafeDecodingSettings, defaultSafeDecoding, safeDecodingMixer } from './safeDecoding'
import { type AlignBeamSettings, alignBeamMixer, defaultSettings } from './settings'
import { systemPromptedModel } from './systemPrompt'

/** Settings of `alignBeam`; what is left out is the paper's. */
export interface AlignBeamOptions extends Partial<AlignBeamSettings> {
  /** False gives the model back as it is; alpha 0 does not. */
  readonly enabled?: boolean
  /** Called when the defended model is disposed of: the anchor is the caller's own otherwise. */
  readonly onDispose?: () => void
}

/**
 * AlignBeam with this anchor. `judge` chooses among the beams; undefined takes the most probable one. The completion follows
 * the generation options of whoever asks.
 */
export const alignBeam = (
  anchor: Steps,
  judge: Judge | undefined,
  { enabled = true, onDispose, ...changes }: AlignBeamOptions = {},
): DecodingDefence => {
  const settings: AlignBeamSettings = { ...defaultSettings, ...changes }
  return {
    stage: 'decoding',
    name: enabled ? 'alignbeam' : 'none',
    parameters: enabled ? { ...settings, anchor: anchor.id, judge: judge?.id ?? null } : {},
    apply: (draft) =>
      enabled
        ? pipe(
            TE.fromEither(alignBeamMixer(anchor, draft, settings)),
            TE.map((mixer) => {
              const answer = answerBatch(anchor, mixer, judge, settings)(draft)
              return mixedModel(draft, anchor, mixer, {
                id: `alignbeam(${draft.id}, ${anchor.id})`,
                batchSize: settings.batchSize,
                answer: (prompts, generation) =>
                  pipe(
                    answer(prompts, generation),
                    TE.map((answers) => answers.map((a) => a.completion)),
                  ),
                ...(onDispose === undefined ? {} : { onDispose }),
              })
            }),
          )
        : TE.right(draft),
  }
}

/** Settings of `safeDecoding`; what is left out is the paper's. */
export interface SafeDecodingOptions extends Partial<SafeDecodingSettings> {
  readonly onDispose?: () => void
}

/** SafeDecoding with this expert, which must have the draft's vocabulary. */
export const safeDecoding = (
  expert: Steps,
  { onDispose, ...changes }: SafeDecodingOptions = {},
): DecodingDefence => {
  const settings: SafeDecodingSettings = { ...defaultSafeDecoding, ...changes }
  return {
    stage: 'decoding',
    name: 'safe-decoding',
    parameters: { ...settings, expert: expert.id },
    apply: (draft) =>
      pipe(
        TE.fromEither(safeDecodingMixer(expert, draft, settings)),
        TE.map((mixer) => {
          const choice = {
            beams: 1,
            tau: 0,
            onNoSafe: 'lowest',
            refusalTail: Number.MAX_SAFE_INTEGER,
          } as const
          const answer = answerBatch(expert, mixer, undefined, choice)(draft)
          return mixedModel(draft, expert, mixer, {
            id: `safe-decoding(${draft.id}, ${expert.id})`,
            batchSize: settings.batchSize,
            answer: (prompts, generation) =>
              pipe(
                answer(prompts, generation),
                TE.map((answers) => answers.map((a) => a.completion)),
              ),
            ...(onDispose === undefined ? {} : { onDispose }),
          })
        }),
      ),
  }
}

/** The baseline that opens every completion with the same words. */
export const hardPrefix = (prefix: string = refusalPrefix): DecodingDefence => ({
  stage: 'decoding',
  name: 'prefix',
  parameters: { prefix },
  apply: (model) => TE.right(prefixedModel(model, prefix)),
})

/** The baseline that puts a system prompt before every prompt. */
export const safetySystem = (system: string = safetySystemPrompt): DecodingDefence => ({
  stage: 'decoding',
  name: 'system-prompt',
  parameters: { system },
  apply: (model) => TE.right(systemPromptedModel(model, system)),
})
