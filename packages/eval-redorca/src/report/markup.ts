/** HTML and SVG as values: text in a template is escaped unless it is markup itself. */

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

/** Escapes text for HTML; control characters are replaced by U+FFFD. */
export const escaped = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd')
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

export const html = (parts: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Markup => ({
  markup: parts.map((part, i) => part + written(pieces[i])).join(''),
})

/** Marks trusted text of this package as markup. */
export const raw = (markup: string): Markup => ({ markup })

export const joined = (pieces: ReadonlyArray<Markup>, between: Markup): Markup =>
  raw(pieces.map((p) => p.markup).join(between.markup))
