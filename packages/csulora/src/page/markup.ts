/** HTML and SVG as values: text in a template is escaped unless it is markup itself. */

/** Text that is markup already. */
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

/** Escapes text for HTML; control characters and marks that change the writing direction are replaced by U+FFFD. */
export const escaped = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/[&<>"']/g, (c) => escapes[c] ?? c)

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

/** A template whose pieces are escaped. */
export const html = (parts: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Markup => ({
  markup: parts.map((part, i) => part + written(pieces[i])).join(''),
})
