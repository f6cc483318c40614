/**
 * Text for a terminal. Names and texts of models and data files stand in what commands print; control characters in them could move the
 * cursor, set the window's title or the clipboard, and marks of direction could show a line in another order.
 */

/** All but tab and line end; the escapes are those of JSON, so that JSON stays what it is. */
export const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
