/** How the settings of AlignBeam become the mixer of two models. */
import {
  type InputError,
  type Judge,
  type LmError,
  type Prompt,
  type Steps,
  badInput,
  tokenPrompt,
} from '@safe/tensor-core/contracts'
import { defaultsOf } from '@safe/tensor-core/options'
import * as E from 'fp-ts/Either'
import * as T from 'fp-ts/Task'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type BridgeCacheUse, keptBridge } from './bridgeCache'
import { anchorReading } from './mixing/anchorReading'
import { type Bridge, type Ends, type Multi, bridgeOf } from './mixing/bridge'
import { type EndTokens, endTokens, withOneEnd } from './mixing/ends'
import { safetySystemPrompt } from './defaults'
import { type AlignBeamError, tokenizerMissing } from './errors'
import { type MixOptions, mix } from './mixing/mix'
import type { Mixer } from './mixing/mixedSession'
import { type AlignBeamOptions, alignBeamOptions } from './options'
import { systemPrompted } from './systemPrompt'

/** The paper's settings, complete. */
export const defaultSettings: AlignBeamOptions = defaultsOf(alignBeamOptions)

// checks -----------------------------------------------------------------------------------------

/**
 * A refusal takes the place of beams that a judge scores above tau.
 *
 * @param judge the judge or its name, undefined where there is none @returns left `BadOption` where a refusal is wanted without one
 */
export const refusesByJudge = <A extends Pick<AlignBeamOptions, 'onNoSafe'>>(
  settings: A,
  judge: Judge | string | undefined,
): E.Either<InputError, A> =>
  settings.onNoSafe === 'refuse' && judge === undefined
    ? E.left(
        badInput('BadOption', 'refuse needs a judge: without one no beam is ever found unsafe', {
          field: 'onNoSafe',
          remedy: 'give a `judge`, or lowest',
        }),
      )
    : E.right(settings)

// constructors -----------------------------------------------------------------------------------

/** What a bridge needs of a model. */
export type Bridgeable = Pick<Steps, 'id' | 'tokenizer' | 'stopTokens'>

/** All ends of the anchor lead to the one that stands for the draft's. */
export const endsOf = (anchor: Omit<Bridgeable, 'id'>, draft: Omit<Bridgeable, 'id'>): Ends => ({
  anchor: endTokens(anchor.tokenizer, anchor.stopTokens).all,
  draft: endTokens(draft.tokenizer, draft.stopTokens).usual,
})

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

/** Makes the bridge of two models ready, from the cache where it is kept; `modelBridge` finds it then. Without a tokenizer it does nothing. */
export const readyBridge = (
  anchor: Bridgeable,
  draft: Bridgeable,
  multi: Multi,
  use: BridgeCacheUse = {},
): T.Task<void> =>
  anchor.tokenizer === undefined || draft.tokenizer === undefined
    ? T.of(undefined)
    : pipe(
        keptBridge(anchor.tokenizer, draft.tokenizer, multi, endsOf(anchor, draft), use),
        T.map(() => undefined),
      )

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
              ...(anchor.tokenizer.prefixTokens ??
                (anchor.tokenizer.bos === undefined ? [] : [anchor.tokenizer.bos])),
              ...anchor.tokenizer.encode(draft.tokenizer.decode(prompt.tokens, { skipSpecial: true })),
            ]),
      )
    return system === null ? TE.right(prompt) : systemPrompted(anchor, system)(prompt)
  }

/** A mixed step over a bridge; the draft's ends count as one. */
export const mixture =
  (bridge: Bridge, ends: EndTokens) =>
  (options: MixOptions): Mixer['mix'] => {
    const [mixed, ended] = [mix(bridge, options), withOneEnd(ends)]
    return (theirs, ours) => mixed(theirs, ended(ours))
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
  const ends = endTokens(draft.tokenizer, draft.stopTokens)
  return E.right({
    bridgeTokens: settings.bridgeTokens,
    mix: mixture(bridge.right, ends)(settings),
    ends: ends.all,
    reading: anchorReading(draft.tokenizer, anchor.tokenizer),
    anchorPrompt: anchorPrompt(anchor, draft, systemFor(anchor, settings.system)),
  })
}
