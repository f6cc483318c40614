/**
 * The part of a page's script that shows text as it is. Text of a model may hold characters that nobody sees, or that change the order
 * in which the rest is read; they stand in the page by their names.
 */

/** Marks that change the direction of writing, as ranges of a regular expression. */
export const directionMarks = String.raw`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069`

/** Control characters of which tab and line end are none. */
export const controlCharacters = String.raw`\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f`

/** Characters without width, and those that annotate others. */
const unseen = String.raw`\u200b\u2060-\u2065\ufeff\ufff9-\ufffb`

/**
 * Defines `pieces(text)`: a list of `{text, control}`. What would act on a screen, or cannot be seen, is a piece of its own with
 * `control` true, by its name; the pieces that are not controls are the rest of the text.
 */
export const piecesScript = String.raw`
  const controls = /[${controlCharacters}${directionMarks}${unseen}]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
  const controlNames = { 0: 'NUL', 7: 'BEL', 8: 'BS', 27: 'ESC', 127: 'DEL' };
  const controlName = c => {
    const code = c.codePointAt(0);
    return controlNames[code] ?? 'U+' + code.toString(16).toUpperCase().padStart(4, '0');
  };
  const pieces = text => {
    const found = [];
    let from = 0;
    for (const match of text.matchAll(controls)) {
      if (match.index > from) found.push({ text: text.slice(from, match.index), control: false });
      found.push({ text: controlName(match[0]), control: true });
      from = match.index + match[0].length;
    }
    if (from < text.length) found.push({ text: text.slice(from), control: false });
    return found;
  };
`
