/**
 * Control: the anchor answers by itself. What a method that mixes two models adds is the difference from this and from the draft
 * alone; where the two agree, the method has only replaced the draft.
 */
import * as TE from 'fp-ts/TaskEither'
import { type CausalLM, type DecodingDefence, decodingDefence } from '@safe/tensor-core/contracts'
import { safetySystemPrompt } from '../defaults'
import { systemFor } from '../settings'
import { systemPromptedModel } from '../systemPrompt'

/** What the control works with. */
export interface AnchorAloneResources {
  /** A small aligned model, of any vocabulary. It stays the caller's. */
  readonly anchor: CausalLM
  /** Called when the defended model is disposed of: the place to dispose of the anchor. */
  readonly onDispose?: (() => void) | undefined
}

/** The anchor as AlignBeam asks it. @param system put before every prompt; the default only where the anchor can read it */
export const askedAnchor = (anchor: CausalLM, system: string | null): CausalLM => {
  const given = systemFor(anchor, system)
  return given === null ? anchor : systemPromptedModel(anchor, given)
}

/**
 * Answers and scores are the anchor's, with the safety system prompt that AlignBeam gives it; the draft is not asked. The model
 * returned has the anchor's vocabulary.
 */
export const anchorAlone = ({ anchor, onDispose }: AnchorAloneResources): DecodingDefence<never> =>
  decodingDefence<never>({
    name: 'anchor-alone',
    parameters: { anchor: anchor.id },
    apply: (draft) =>
      TE.right({
        ...askedAnchor(anchor, safetySystemPrompt),
        id: `anchor-alone(${anchor.id})`,
        dispose: () => {
          draft.dispose()
          onDispose?.()
        },
      }),
  })
