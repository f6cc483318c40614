/** A limit on the nesting of JSON from outside: recursive code, `JSON.stringify` first of all, must not run out of stack. */

export const maxJsonDepth = 200

const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Whether a value has more than `left` levels below it. The recursion is as deep as the limit, and makes no copies: tables are large. */
const exceeds = (value: object, left: number): boolean => {
  if (left < 0) return true
  if (Array.isArray(value)) {
    for (const inner of value) if (isOpen(inner) && exceeds(inner, left - 1)) return true
    return false
  }
  // JSON's objects inherit nothing that is enumerable
  for (const key in value) {
    const inner: unknown = Reflect.get(value, key)
    if (isOpen(inner) && exceeds(inner, left - 1)) return true
  }
  return false
}

/** Whether a value is nested more than `maxJsonDepth` levels deep. */
export const isTooDeep = (json: unknown): boolean => isOpen(json) && exceeds(json, maxJsonDepth)
