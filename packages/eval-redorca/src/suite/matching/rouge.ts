/**
 * The rule `rouge`: a task is solved where ROUGE-L F1 against its reference is at least a threshold. As Google's `rouge_score`
 * computes it without stemming: words are runs of a-z and 0-9 in lower case, so texts in other scripts have none, and with
 * L the length of the longest common subsequence of words
 *
 *     P = L / |completion|,   R = L / |reference|,   F1 = 2 P R / (P + R)                     (Lin 2004, section 3.1)
 */

const wordsOf = (text: string): ReadonlyArray<string> =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** Length of the longest common subsequence: one row of the table is kept. */
const commonLength = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): number => {
  const row = new Uint32Array(b.length + 1)
  for (const word of a) {
    let diagonal = 0
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] ?? 0
      row[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1] ?? 0)
      diagonal = above
    }
  }
  return row[b.length] ?? 0
}

/** ROUGE-L F1, from 0 to 1; 0 where the texts share no word. */
export const rougeL = (completion: string, reference: string): number => {
  const [given, wanted] = [wordsOf(completion), wordsOf(reference)]
  const common = commonLength(wanted, given)
  if (common === 0) return 0
  const [precision, recall] = [common / given.length, common / wanted.length]
  return (2 * precision * recall) / (precision + recall)
}
