/** HTML and SVG as values: text in a template is escaped unless it is markup itself. */
import { controlCharacters, directionMarks } from './visibleText'

/** A piece of HTML or SVG. */
export interface Markup {
  readonly markup: string
}

type Piece = Markup | string | number | undefined | false | ReadonlyArray<Markup>

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const replaced = new RegExp(`[${controlCharacters}${directionMarks}]`, 'g')

/** Escapes text for HTML; control characters and marks that change the writing direction are replaced by U+FFFD. */
export const escaped = (text: string): string =>
  text.replace(replaced, '\ufffd').replace(/[&<>"']/g, (c) => escapes[c] ?? c)

const written = (piece: Piece): string =>
  piece === undefined || piece === false
    ? ''
    : typeof piece === 'string'
      ? escaped(piece)
      : typeof piece === 'number'
        ? String(piece)
        : 'markup' in piece
          ? piece.markup
          : piece.map((p) => p.markup).join('')

/** A template of HTML: strings are escaped, markup is not, `undefined` and `false` are nothing. */
export const html = (parts: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Markup => ({
  markup: parts.map((part, i) => part + written(pieces[i])).join(''),
})

/** Marks trusted text, which a program has made itself, as markup. */
export const raw = (markup: string): Markup => ({ markup })

/** Pieces with something between them. */
export const joined = (pieces: ReadonlyArray<Markup>, between: Markup): Markup =>
  raw(pieces.map((p) => p.markup).join(between.markup))
