/** Names for links, made from ids: an id may stand in several sets, and may hold what a link cannot. */

/** A surrogate alone has no form in a link. */
const linkable = (id: string): string => id.replace(/\p{Surrogate}/gu, '\ufffd')

/** A name for each id, in order: the id itself, and with a number where it is taken. */
export const keyed = (ids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  const numbers = new Map<string, number>()
  return ids.map((id) => {
    const name = linkable(id)
    let key = name
    let number = numbers.get(name) ?? 1
    while (taken.has(key)) {
      number += 1
      key = `${name}~${number}`
    }
    numbers.set(name, number)
    taken.add(key)
    return key
  })
}
