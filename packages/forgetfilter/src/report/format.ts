/** Numbers as the report shows them. */

/** At most four significant digits. */
export const digits = (x: number): string => String(Number(x.toPrecision(4)))

/** A rate or score to three places. */
export const places = (x: number | null): string => (x === null ? '–' : x.toFixed(3))

/** `1 row`, `2 rows` */
export const rowsWord = (n: number): string => (n === 1 ? '1 row' : `${n} rows`)

/** A text cut to a length, with an ellipsis where something is left out. */
export const cutTo = (text: string, length: number): string => {
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, length).join('')} …`
}

/** A value between 1, 2 and 5 times a power of ten, for about `count` steps over a span. */
export const niceStep = (span: number, count: number): number => {
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough) ?? 10
  return factor * power
}
