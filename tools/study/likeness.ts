/**
 * Groups of prompts that ask for nearly the same, so that no group stands on both sides of a split: AdvBench has many wordings of
 * one request. Two prompts are alike where at least half of their content words are shared (Jaccard); groups are the connected
 * components of that relation.
 */

const stopWords = new Set(
  'a an and are as at be by can do for from give how i in instruct into is it me my of on or provide someone that the their them this to up what who with write without you your develop create'.split(
    ' ',
  ),
)

/** The content words of a prompt, plural endings removed. */
const contentWords = (text: string): ReadonlySet<string> =>
  new Set(
    (text.toLowerCase().match(/[a-z]+/g) ?? [])
      .filter((word) => !stopWords.has(word))
      .map((word) => word.replace(/(?:ies|es|s|ing)$/, '')),
  )

const likeness = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => {
  const shared = [...a].filter((word) => b.has(word)).length
  return shared === 0 ? 0 : shared / (a.size + b.size - shared)
}

/** The group of each prompt, as the place of the group's first prompt. @param least the least likeness within a group */
export const groupsOf = (prompts: ReadonlyArray<string>, least = 0.5): ReadonlyArray<number> => {
  const words = prompts.map(contentWords)
  const parent = prompts.map((_, i) => i)
  const root = (i: number): number => {
    const above = parent[i] ?? i
    return above === i ? i : root(above)
  }
  words.forEach((a, i) => {
    words.slice(0, i).forEach((b, j) => {
      if (likeness(a, b) < least) return
      const [low, high] = [root(i), root(j)].sort((x, y) => x - y)
      if (low !== undefined && high !== undefined) parent[high] = low
    })
  })
  return prompts.map((_, i) => root(i))
}
