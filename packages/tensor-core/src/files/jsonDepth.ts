/** A limit on the nesting of JSON from outside: recursive code, `JSON.stringify` first of all, must not run out of stack. */

export const maxJsonDepth = 200

/** Whether a value is nested more than `maxJsonDepth` levels deep. It is traversed level by level, without recursion. */
export const isTooDeep = (json: unknown): boolean => {
  let level: ReadonlyArray<unknown> = [json]
  for (let depth = 0; depth <= maxJsonDepth; depth++) {
    const next: Array<unknown> = []
    for (const value of level)
      if (typeof value === 'object' && value !== null)
        for (const inner of Array.isArray(value) ? value : Object.values(value))
          if (typeof inner === 'object' && inner !== null) next.push(inner)
    if (next.length === 0) return false
    level = next
  }
  return true
}
