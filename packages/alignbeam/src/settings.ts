/** How the settings of AlignBeam become the mixer of two models. */
import { type LmError, type Prompt, type Steps, tokenPrompt } from '@safe/tensor-core/contracts'
import { defaultsOf } from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { anchorReading } from './mixing/anchorReading'
import { type Bridge, type Ends, type Multi, bridgeOf } from './mixing/bridge'
import { safetySystemPrompt } from './defaults'
import { type AlignBeamError, tokenizerMissing } from './errors'
import { mix } from './mixing/mix'
import type { Mixer } from './mixing/mixedSession'
import { type AlignBeamOptions, alignBeamOptions } from './options'
import { systemPrompted } from './systemPrompt'

/** The paper's settings, complete. */
export const defaultSettings: AlignBeamOptions = defaultsOf(alignBeamOptions)

// constructors -----------------------------------------------------------------------------------

/** What a bridge needs of a model. */
export type Bridgeable = Pick<Steps, 'id' | 'tokenizer' | 'stopTokens'>

/** All of the anchor's stop tokens lead to the draft's. */
export const endsOf = (anchor: Bridgeable, draft: Bridgeable): Ends => {
  const eos = draft.tokenizer?.eos
  return {
    anchor: new Set([
      ...anchor.stopTokens,
      ...(anchor.tokenizer?.eos === undefined ? [] : [anchor.tokenizer.eos]),
    ]),
    draft: eos !== undefined && draft.stopTokens.has(eos) ? eos : ([...draft.stopTokens][0] ?? eos),
  }
}

/** The bridge of two models. */
export const modelBridge = (
  anchor: Bridgeable,
  draft: Bridgeable,
  multi: Multi,
): E.Either<AlignBeamError, Bridge> => {
  if (anchor.tokenizer === undefined) return E.left(tokenizerMissing(anchor.id))
  if (draft.tokenizer === undefined) return E.left(tokenizerMissing(draft.id))
  return E.right(bridgeOf(anchor.tokenizer, draft.tokenizer, multi, endsOf(anchor, draft)))
}

/** The system prompt that the anchor is given: the default only where it has a chat template and can spell the text. */
export const systemFor = ({ tokenizer }: Pick<Steps, 'tokenizer'>, system: string | null): string | null => {
  if (system !== safetySystemPrompt) return system
  const readable =
    tokenizer?.chat !== undefined &&
    tokenizer.encodeInner(system).every((id) => tokenizer.bytes(id) !== undefined)
  return readable ? system : null
}

/**
 * The prompt as the anchor is given it, with `system` before it. Prompts of tokens belong to one vocabulary: an anchor with another one
 * reads their text.
 */
export const anchorPrompt =
  (
    anchor: Pick<Steps, 'tokenizer' | 'encodePrompt'>,
    draft: Pick<Steps, 'tokenizer'>,
    system: string | null,
  ) =>
  (prompt: Prompt): TE.TaskEither<LmError, Prompt> => {
    if (prompt.kind === 'tokens')
      return TE.right(
        anchor.tokenizer === undefined ||
          draft.tokenizer === undefined ||
          anchor.tokenizer.fingerprint === draft.tokenizer.fingerprint
          ? prompt
          : tokenPrompt([
              ...(anchor.tokenizer.bos === undefined ? [] : [anchor.tokenizer.bos]),
              ...anchor.tokenizer.encode(draft.tokenizer.decode(prompt.tokens, { skipSpecial: true })),
            ]),
      )
    return system === null ? TE.right(prompt) : systemPrompted(anchor, system)(prompt)
  }

/** How `anchor` and `draft` decide together under these settings. */
export const alignBeamMixer = (
  anchor: Steps,
  draft: Steps,
  settings: AlignBeamOptions,
): E.Either<AlignBeamError, Mixer> => {
  const bridge = modelBridge(anchor, draft, settings.multi)
  if (E.isLeft(bridge)) return bridge
  if (anchor.tokenizer === undefined) return E.left(tokenizerMissing(anchor.id))
  if (draft.tokenizer === undefined) return E.left(tokenizerMissing(draft.id))
  return E.right({
    bridgeTokens: settings.bridgeTokens,
    mix: mix(bridge.right, settings),
    reading: anchorReading(draft.tokenizer, anchor.tokenizer),
    anchorPrompt: anchorPrompt(anchor, draft, systemFor(anchor, settings.system)),
  })
}
