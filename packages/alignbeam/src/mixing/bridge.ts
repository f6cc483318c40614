/**
 * The bridge between two vocabularies: for each token of the anchor, the one token of the draft that says the same.
 *
 * A token's text is what it adds in the middle of a sentence, so a leading space is part of it; the draft's tokenizer encodes
 * that text without a dummy prefix (AlignBeam, arXiv 2606.12342: decode to text, encode again). The bridge does not depend on
 * context and is computed once per pair of tokenizers.
 */
import type { Tokenizer } from '@safe/tensor-core/contracts'
import { endTokens } from './ends'
import { lazily } from './lazily'

// model ------------------------------------------------------------------------------------------

/**
 * What to do with an anchor token that is several draft tokens: `drop` it, give its mass to the `first` piece, or keep only
 * `exact` pairs, whose draft token encodes back to the same anchor token.
 */
export const multis = ['drop', 'first', 'exact'] as const
/**
 * What is done with an anchor token whose text is several tokens of the draft: `drop` leaves it out, `first` maps it to
 * the first of them, `exact` maps only tokens that also go back to the same anchor token.
 */
export type Multi = (typeof multis)[number]

/** A map from one vocabulary into another, with how much of it there is. */
export interface Bridge {
  readonly multi: Multi
  readonly anchorVocab: number
  readonly draftVocab: number
  /** The draft's id, or -1, for each of the anchor's ids. */
  readonly map: Int32Array
  /** Anchor tokens that have a draft token. */
  readonly mapped: number
  /** Special and unknown anchor ids, which never map; the end of sequence is not among them when it maps. */
  readonly special: number
}

/** Ids that end a text; without them the tokenizers' own. */
export interface Ends {
  readonly anchor: ReadonlySet<number>
  readonly draft: number | undefined
}

// bytes ------------------------------------------------------------------------------------------

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of whole characters; undefined where a character is cut. */
export const wholeText = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

export const bytesKey = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** The lowest id of each byte string that is no whole text. */
const fragments = (tokenizer: Tokenizer): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (let id = 0; id < tokenizer.size; id++) {
    const bytes = tokenizer.bytes(id)
    if (bytes === undefined || wholeText(bytes) !== undefined) continue
    const key = bytesKey(bytes)
    if (!found.has(key)) found.set(key, id)
  }
  return found
}

// constructors -----------------------------------------------------------------------------------

/** The ends that the tokenizers know of themselves. */
const ownEnds = (anchor: Tokenizer, draft: Tokenizer): Ends => ({
  anchor: endTokens(anchor).all,
  draft: endTokens(draft).usual,
})

/** The draft's id, or -1, for one of the anchor's. Vocabularies are only searched where a part of a character asks for it. */
export const carrying = (
  anchor: Tokenizer,
  draft: Tokenizer,
  multi: Multi,
  ends: Ends,
): ((anchorId: number) => number) => {
  const bytewise = anchor.byteLevel && draft.byteLevel
  const fragmentsOf = (tokenizer: Tokenizer) =>
    lazily(() => (bytewise ? fragments(tokenizer) : new Map<string, number>()))
  const draftFragments = fragmentsOf(draft)
  const anchorFragments = fragmentsOf(anchor)

  /** The draft's only token for this text (or its first, with `first`); -1 where there is none with a meaning. */
  const encoded = (text: string): number => {
    const pieces = draft.encodeInner(text)
    const first = pieces[0]
    return first === undefined || (pieces.length > 1 && multi !== 'first') || draft.bytes(first) === undefined
      ? -1
      : first
  }
  const comesBack = (id: number, anchorId: number): boolean => {
    const bytes = draft.bytes(id)
    if (bytes === undefined) return false
    const text = wholeText(bytes)
    if (text === undefined) return anchorFragments().get(bytesKey(bytes)) === anchorId
    const back = anchor.encodeInner(text)
    return back.length === 1 && back[0] === anchorId
  }
  const target = (anchorId: number, bytes: Uint8Array): number => {
    const text = wholeText(bytes)
    const id = text === undefined ? (draftFragments().get(bytesKey(bytes)) ?? -1) : encoded(text)
    return id >= 0 && multi === 'exact' && !comesBack(id, anchorId) ? -1 : id
  }

  return (id) => {
    if (ends.anchor.has(id)) return ends.draft ?? -1
    const bytes = anchor.bytes(id)
    return bytes === undefined ? -1 : target(id, bytes)
  }
}

/** The bridge from `anchor` to `draft`. */
export const buildBridge = (
  anchor: Tokenizer,
  draft: Tokenizer,
  multi: Multi = 'drop',
  ends: Ends = ownEnds(anchor, draft),
): Bridge => {
  const map = new Int32Array(anchor.size).fill(-1)
  const count = { mapped: 0, special: 0 }
  const carried = carrying(anchor, draft, multi, ends)
  for (let id = 0; id < anchor.size; id++) {
    const to = carried(id)
    map[id] = to
    if (to >= 0) count.mapped += 1
    else if (ends.anchor.has(id) || anchor.bytes(id) === undefined) count.special += 1
  }
  return { multi, anchorVocab: anchor.size, draftVocab: draft.size, map, ...count }
}

/** Everything that decides a bridge, as text. */
export const bridgeKey = (
  anchor: Tokenizer,
  draft: Tokenizer,
  multi: Multi = 'drop',
  ends: Ends = ownEnds(anchor, draft),
): string =>
  JSON.stringify([
    anchor.fingerprint,
    draft.fingerprint,
    multi,
    [[...ends.anchor].sort((a, b) => a - b), ends.draft ?? null],
  ])

/** Bridges that are ready in this process, by what decides them. */
const ready = new Map<string, Bridge>()

/** The bridge of a key where it is ready in this process. */
export const knownBridge = (key: string): Bridge | undefined => ready.get(key)

/** Makes a bridge ready in this process. */
export const rememberBridge = (key: string, bridge: Bridge): Bridge => {
  ready.set(key, bridge)
  return bridge
}

/** As `buildBridge`, remembered by the fingerprints of both tokenizers. */
export const bridgeOf = (anchor: Tokenizer, draft: Tokenizer, multi: Multi = 'drop', ends?: Ends): Bridge => {
  const key = bridgeKey(anchor, draft, multi, ends)
  return knownBridge(key) ?? rememberBridge(key, buildBridge(anchor, draft, multi, ends))
}

// destructors ------------------------------------------------------------------------------------

/** The share of the anchor's vocabulary that has a draft token. */
export const bridgeShare = (bridge: Bridge): number =>
  bridge.anchorVocab === 0 ? 0 : bridge.mapped / bridge.anchorVocab
