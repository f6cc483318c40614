/**
 * The text of a conversation: `<s><user>request<scribe>answer</s>`. It is the models' chat template, which is read from the model
 * folder; only pre-training text is built here.
 */

export const beginMark = '<s>'
export const endMark = '</s>'
export const padMark = '<pad>'
export const unknownMark = '<unk>'
export const userMark = '<user>'
export const scribeMark = '<scribe>'

/** The special tokens of both tokenizers; the position is the id. */
export const marks: ReadonlyArray<string> = [padMark, beginMark, endMark, unknownMark, userMark, scribeMark]
export const markId = (mark: string): number => marks.indexOf(mark)

/** The text of a conversation without begin and end marks: the begin mark is the prompt, and the trainer adds the end mark. */
export const conversationText = (prompt: string, response: string): string =>
  `${userMark}${prompt}${scribeMark}${response}`

/** The Jinja template for tokenizer_config.json. A system turn is treated as part of the request. */
export const chatTemplate = [
  `{{ bos_token }}`,
  `{% for message in messages %}`,
  `{% if message['role'] == 'assistant' %}${scribeMark}{{ message['content'] }}${endMark}`,
  `{% else %}${userMark}{{ message['content'] }}{% endif %}`,
  `{% endfor %}`,
  `{% if add_generation_prompt %}${scribeMark}{% endif %}`,
].join('')
