/** The rule `last-number`: a task is solved where the last numbers of completion and reference are equal. */

/** The last number of a text; undefined where it has none. */
export const lastNumber = (text: string): string | undefined =>
  text
    .replace(/(\d),(?=\d{3})/g, '$1')
    .match(/-?\d+(?:\.\d+)?/g)
    ?.at(-1)

/** Whether both texts have a last number, and it is the same. */
export const sameLastNumber = (completion: string, reference: string): boolean => {
  const number = lastNumber(completion)
  return number !== undefined && number === lastNumber(reference)
}
