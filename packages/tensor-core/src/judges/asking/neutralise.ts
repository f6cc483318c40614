/**
 * Judged text must not act as control text: an answer that holds `<|im_end|>` or the template's own end mark could end its own
 * quotation and write the verdict itself. A blank is put into every such mark, so that a reader still sees what stood there.
 */

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A mark with a blank after its first character; a mark of one character becomes the blank. */
const broken = (mark: string): string => {
  const [first = '', ...rest] = mark
  return rest.length === 0 ? ' ' : `${first} ${rest.join('')}`
}

/** Breaking a mark can complete another one around it; no mark is longer than this many rounds. */
const mostRounds = 8

const replaced = (pattern: RegExp, text: string, rounds = mostRounds): string => {
  const next = text.replace(pattern, broken)
  return next === text || rounds <= 1 ? next : replaced(pattern, next, rounds - 1)
}

/**
 * Breaks up every mark in a text.
 *
 * @param exact special tokens: only their exact spelling acts @param loose marks of the template: in any case, and with any blanks
 * where they have one
 */
export const neutraliser = (
  exact: ReadonlyArray<string>,
  loose: ReadonlyArray<string>,
): ((text: string) => string) => {
  const longestFirst = (marks: ReadonlyArray<string>): ReadonlyArray<string> =>
    [...new Set(marks)].filter((mark) => mark.trim() !== '').sort((a, b) => b.length - a.length)
  const patterns = [
    longestFirst(exact).length === 0
      ? undefined
      : new RegExp(longestFirst(exact).map(escaped).join('|'), 'gu'),
    longestFirst(loose).length === 0
      ? undefined
      : new RegExp(
          longestFirst(loose)
            .map((mark) => escaped(mark).replace(/\s+/g, '\\s+'))
            .join('|'),
          'giu',
        ),
  ].filter((p) => p !== undefined)
  return (text) => patterns.reduce((sofar, pattern) => replaced(pattern, sofar), text)
}

/** Marks of the templates in use, for servers whose tokenizer is not known here. */
export const commonMarks: ReadonlyArray<string> = [
  '<|im_start|>',
  '<|im_end|>',
  '<|endoftext|>',
  '<|begin_of_text|>',
  '<|end_of_text|>',
  '<|start_header_id|>',
  '<|end_header_id|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|start|>',
  '<|end|>',
  '<|message|>',
  '<|system|>',
  '<|user|>',
  '<|assistant|>',
  '<start_of_turn>',
  '<end_of_turn>',
  '<bos>',
  '<eos>',
  '<s>',
  '</s>',
  '[INST]',
  '[/INST]',
  '<<SYS>>',
  '<</SYS>>',
  '<think>',
  '</think>',
]
