/**
 * The rule `last-number`: a task is solved where the last numbers of completion and reference are equal, as in GSM8K. Numbers are
 * written with the digits 0 to 9, a decimal point, and commas between groups of three digits; `3`, `3.0` and `+3` are equal.
 */

/** Minus signs other than the one of ASCII: minus, en dash, small and full-width hyphen-minus. */
const minusSigns = /[\u2212\u2013\uFE63\uFF0D]/g

/**
 * A minus stands at a number or at its currency sign; after a letter, a digit or a closing bracket it is an operator or a dash. Commas
 * are part of a number only where they separate groups of three digits.
 */
const numbers =
  /((?<![\p{L}\p{N})\]])-)?[$€£¥]?(?:(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(\.\d+)?|(?<![\p{L}\p{N}])(\.\d+))/gu

/** A regular expression would take quadratic time for zeros before another digit. */
const withoutLastZeros = (decimals: string): string => {
  let to = decimals.length
  while (decimals[to - 1] === '0') to -= 1
  return decimals.slice(0, to)
}

/** Digits without leading zeros, decimals without trailing ones. */
const plain = (whole: string, decimals: string): string => {
  const digits = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '')
  const rest = withoutLastZeros(decimals)
  return rest === '' || rest === '.' ? digits : `${digits}${rest}`
}

/** The last number of a text in one form for all its spellings; undefined where the text has none. */
export const lastNumber = (text: string): string | undefined => {
  const found = [...text.replace(minusSigns, '-').matchAll(numbers)].at(-1)
  if (found === undefined) return undefined
  const [, minus, whole = '0', decimals, bare] = found
  const value = plain(whole, decimals ?? bare ?? '')
  return minus === undefined || value === '0' ? value : `-${value}`
}

/** Whether both texts have a last number, and it is the same. */
export const sameLastNumber = (completion: string, reference: string): boolean => {
  const number = lastNumber(completion)
  return number !== undefined && number === lastNumber(reference)
}
