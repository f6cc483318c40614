/** Text as the phrase lists read it: compatibility forms (NFKC), typographic quotes and blanks evened out; case is kept. */
export const normalised = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\u2018\u2019\u201b\u02bc\u00b4`]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
