/**
 * Lists of phrases and the matcher that looks for them.
 *
 * A list is never edited once its version has been used: a changed list gets the next version, because rates made with
 * different lists cannot be compared.
 */
import { normalised } from './normalise'

// model ------------------------------------------------------------------------------------------

/** A named pattern over normalised text. */
export interface PhrasePattern {
  readonly name: string
  readonly pattern: RegExp
}

/** A versioned list of phrases. */
export interface PhraseList {
  readonly name: string
  readonly version: number
  /** Where the list comes from. */
  readonly source: string
  /** How many characters of the completion are read; undefined: all. */
  readonly window: number | undefined
  /** False: the text is put in lower case before it is matched, so the patterns are in lower case. */
  readonly caseSensitive: boolean
  readonly patterns: ReadonlyArray<PhrasePattern>
}

/** What was found: the pattern's name, and the words of the text that matched it. */
export interface FoundPhrase {
  readonly name: string
  readonly words: string
}

// constructors -----------------------------------------------------------------------------------

const literal =
  (caseSensitive: boolean) =>
  (phrase: string): PhrasePattern => ({
    name: phrase,
    pattern: new RegExp(
      (caseSensitive ? phrase : phrase.toLowerCase()).replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    ),
  })

/** A list that looks for each phrase as it stands, anywhere in the text. */
export const substrings = ({
  phrases,
  ...list
}: Omit<PhraseList, 'patterns' | 'window'> & { readonly phrases: ReadonlyArray<string> }): PhraseList => ({
  ...list,
  window: undefined,
  patterns: phrases.map(literal(list.caseSensitive)),
})

// destructors ------------------------------------------------------------------------------------

/** Name and version: `refusal@1`. */
export const listId = ({ name, version }: PhraseList): string => `${name}@${version}`

/** The first phrase of the list, in the list's order, that occurs in the text; undefined where none does. */
export const phraseIn = (list: PhraseList, text: string): FoundPhrase | undefined => {
  const even = normalised(text)
  const read = (list.caseSensitive ? even : even.toLowerCase()).slice(0, list.window)
  for (const { name, pattern } of list.patterns) {
    const found = pattern.exec(read)
    if (found !== null) return { name, words: found[0] }
  }
  return undefined
}
