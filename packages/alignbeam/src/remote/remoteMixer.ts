/**
 * How two models decide together where at least one is behind a URL. The anchor's listed tokens are carried over one by one, as the
 * bridge of two tokenizers would; a token of the draft that its server does not list counts with probability 0.
 */
import type { NextToken, Steps } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { type AlignBeamError, tokenizerMissing } from '../errors'
import { anchorReading } from '../mixing/anchorReading'
import { carrying, wholeText } from '../mixing/bridge'
import { endTokens, withOneEnd } from '../mixing/ends'
import { mixBy } from '../mixing/mix'
import type { Probabilities } from '../mixing/nextToken'
import type { Mixer } from '../mixing/mixedSession'
import type { AlignBeamOptions } from '../options'
import { anchorPrompt, endsOf, systemFor } from '../settings'
import { type RemoteModel, isRemote } from './remoteModel'

// parts ------------------------------------------------------------------------------------------

type Model = Steps | RemoteModel

/** What a model may be told first: a server that applies its own template takes any text. */
export const systemOfEither = (model: Model, system: string | null): string | null =>
  isRemote(model) && model.remote.templates ? system : systemFor(model, system)

const remembered = (make: (id: number) => number): ((id: number) => number) => {
  const known = new Map<number, number>()
  return (id) => {
    const before = known.get(id)
    if (before !== undefined) return before
    const found = make(id)
    known.set(id, found)
    return found
  }
}

/**
 * Whether the draft can be continued with this token. Without its tokenizer it cannot be known whether a text is one of its tokens:
 * `exact` takes those that its server lists in this step, the others any text.
 */
const takes =
  (draft: Model, { multi }: Pick<AlignBeamOptions, 'multi'>) =>
  (id: number, listed: Probabilities): boolean => {
    if (!isRemote(draft) || draft.stopTokens.has(id)) return true
    const { knowsTokens, wholeCharacters } = draft.remote
    const bytes = draft.tokenizer?.bytes(id)
    return (
      (!wholeCharacters || (bytes !== undefined && wholeText(bytes) !== undefined)) &&
      (knowsTokens || multi !== 'exact' || listed.of(id) > 0)
    )
  }

// constructor ------------------------------------------------------------------------------------

/** How `anchor` and `draft` decide together under these settings. @returns left `TokenizerMissing` for a folder without one */
export const remoteMixer = (
  anchor: Model,
  draft: Model,
  settings: AlignBeamOptions,
): E.Either<AlignBeamError, Mixer<NextToken>> => {
  if (anchor.tokenizer === undefined) return E.left(tokenizerMissing(anchor.id))
  if (draft.tokenizer === undefined) return E.left(tokenizerMissing(draft.id))
  const carried = remembered(
    carrying(anchor.tokenizer, draft.tokenizer, settings.multi, endsOf(anchor, draft)),
  )
  const isTaken = takes(draft, settings)
  const ends = endTokens(draft.tokenizer, draft.stopTokens)
  const ended = withOneEnd(ends)
  const mixed = mixBy((id, listed) => {
    const to = carried(id)
    return to >= 0 && isTaken(to, listed) ? to : -1
  }, settings)
  return E.right({
    bridgeTokens: settings.bridgeTokens,
    ends: ends.all,
    mix: (theirs, ours) => mixed(theirs, ours instanceof Float32Array ? ended(ours) : ours),
    reading: anchorReading(draft.tokenizer, anchor.tokenizer),
    anchorPrompt: anchorPrompt(anchor, draft, systemOfEither(anchor, settings.system)),
    atOnce: isRemote(anchor) && isRemote(draft),
  })
}
