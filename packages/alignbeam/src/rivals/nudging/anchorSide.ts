/** The anchor's side of nudging: it reads what has been written, in its own tokens, and is asked for its next words. */
import type { LmError, Tokenizer } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { anchorReading, editTowards, wholeCharacters } from '../../mixing/anchorReading'
import { disposing } from '../../mixing/bridging'
import type { ReadingSession } from '../../mixing/reading'
import { type AnchorWord, type Writer, nextWords } from './anchorWords'
import type { SpelledWord } from './row'
import type { Slot } from './slot'

/** The two models as writers. */
export interface Pair {
  readonly draft: Writer
  readonly anchor: Writer
}

/** A completion, in the draft's tokens, that the anchor is to continue. */
export interface Place {
  /** Its row in the anchor's session. */
  readonly place: number
  readonly completion: ReadonlyArray<number>
}

const nothing = (held: ReadonlyArray<number>) => ({ keep: held.length, tokens: [] })

/**
 * The anchor's next words, by place. It reads what has been written since it was last asked in one edit of the slot's session. Its words
 * are decoded on a copy: it goes on from how the draft spells them.
 */
export const wordsAt = (
  slot: Slot<ReadingSession>,
  asked: ReadonlyArray<Place>,
  { draft, anchor }: Pair,
): TE.TaskEither<LmError, ReadonlyMap<number, AnchorWord>> => {
  if (asked.length === 0) return TE.right(new Map())
  const reading = anchorReading(draft.tokenizer, anchor.tokenizer)
  const session = slot.now()
  const completions = new Map(asked.map(({ place, completion }) => [place, completion]))
  const edits = session.tokens.map((held, place) => {
    const completion = completions.get(place)
    if (completion === undefined) return nothing(held)
    const wanted = [...held.slice(0, session.promptLengths[place]), ...reading(completion)]
    const same = wanted.length === held.length && wanted.every((id, i) => id === held[i])
    return same ? nothing(held) : editTowards(held, wanted)
  })
  const written: TE.TaskEither<LmError, ReadonlyArray<AnchorWord>> = () => {
    const read = slot.now()
    return (
      asked.length === read.tokens.length
        ? nextWords(anchor)(read)
        : pipe(
            read.select(asked.map(({ place }) => place)),
            TE.chain((some) => disposing(some, nextWords(anchor)(some))),
          )
    )()
  }
  return pipe(
    edits.some(({ tokens }) => tokens.length > 0) ? slot.move(session.edit(edits)) : TE.right(undefined),
    TE.chain(() => written),
    TE.map((words) => {
      const entries = words.map((word, i): readonly [number, AnchorWord] => {
        const place = asked[i]?.place ?? -1
        return [place, { ...word, passes: word.passes + (edits[place]?.tokens.length ?? 0) }]
      })
      return new Map(entries)
    }),
  )
}

/** The anchor's word as the draft spells it after these tokens. */
export const spelled = (
  draft: Tokenizer,
  written: ReadonlyArray<number>,
  { text, ends }: AnchorWord,
): SpelledWord => {
  const whole = wholeCharacters(draft, written)
  const tokens = text === '' ? [] : draft.encodeInner(whole.text + text)
  return tokens.length === 0
    ? { text, before: written, tokens, ends }
    : { text, before: whole.tokens, tokens, ends }
}
