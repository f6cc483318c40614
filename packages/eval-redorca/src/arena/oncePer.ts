/** Values that are computed when they are first needed, once for each key. */

/** A function of few keys that computes each value once. A key is a world's seed, or the world itself. */
export const oncePer = <K, A>(make: (key: K) => A): ((key: K) => A) => {
  const made = new Map<K, { readonly value: A }>()
  return (key) => {
    const known = made.get(key)
    if (known !== undefined) return known.value
    const value = make(key)
    made.set(key, { value })
    return value
  }
}
