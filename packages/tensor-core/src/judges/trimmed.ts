/** Takes characters from both ends of a text. A regular expression would take quadratic time for a long run of them in its middle. */

/** @param opening characters that are taken from the beginning @param closing and from the end */
export const trimmed = (text: string, opening: RegExp, closing: RegExp): string => {
  let from = 0
  let to = text.length
  while (from < to && opening.test(text.charAt(from))) from += 1
  while (to > from && closing.test(text.charAt(to - 1))) to -= 1
  return text.slice(from, to)
}
