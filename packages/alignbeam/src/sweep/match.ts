/** When a task counts as solved. */

/** The names of the rules. */
export const matchRules = ['exact', 'label'] as const
/**
 * `exact`: the completion equals the response up to white space. `label`: of the responses that the file has, the first to appear in
 * the completion, as a whole word in any case, is the row's own.
 */
export type MatchRule = (typeof matchRules)[number]

const evened = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/gu, ' ')
const plain = (text: string): string => evened(text).toLowerCase()
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** Finds the label that appears first, of two at one place the longer; undefined where none appears. */
const labelIn = (labels: ReadonlyArray<string>): ((text: string) => string | undefined) => {
  const patterns = labels.map((label) => ({
    label,
    pattern: new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(label)}(?![\\p{L}\\p{N}_])`, 'u'),
  }))
  return (text) =>
    patterns
      .flatMap(({ label, pattern }) => {
        const at = plain(text).search(pattern)
        return at < 0 ? [] : [{ label, at }]
      })
      .sort((a, b) => a.at - b.at || b.label.length - a.label.length)[0]?.label
}

/** Whether a completion solves the task with this response. @param responses all responses of the file: the labels */
export const solvedBy = (
  rule: MatchRule,
  responses: ReadonlyArray<string>,
): ((completion: string, response: string) => boolean) => {
  if (rule === 'exact') return (completion, response) => evened(completion) === evened(response)
  const read = labelIn([...new Set(responses.map(plain))])
  return (completion, response) => read(completion) === plain(response)
}
