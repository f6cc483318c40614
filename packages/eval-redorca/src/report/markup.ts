/** HTML and SVG as values: what a template holds is escaped unless it is markup itself. */

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

/** Control characters have no place in a page; everything else is shown as it is. */
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

/** Text of this package's own, known to be markup. */
export const raw = (markup: string): Markup => ({ markup })

export const joined = (pieces: ReadonlyArray<Markup>, between: Markup): Markup =>
  raw(pieces.map((p) => p.markup).join(between.markup))
