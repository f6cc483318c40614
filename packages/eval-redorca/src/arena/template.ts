/**
 * How a conversation becomes text: `<s><user>request<scribe>answer</s>`. It is the models' chat template, so every tool of the
 * product reads it from the model folder; only pre-training text is put together here.
 */

export const beginMark = '<s>'
export const endMark = '</s>'
export const padMark = '<pad>'
export const unknownMark = '<unk>'
export const userMark = '<user>'
export const scribeMark = '<scribe>'

/** Their ids are their places here, in both tokenizers. */
export const marks: ReadonlyArray<string> = [padMark, beginMark, endMark, unknownMark, userMark, scribeMark]
export const markId = (mark: string): number => marks.indexOf(mark)

/** Begin mark left to the reader: the text after it, without the end mark, which the trainer adds. */
export const conversationText = (prompt: string, response: string): string =>
  `${userMark}${prompt}${scribeMark}${response}`

/** Jinja, for tokenizer_config.json. A system turn is read as part of the request: the town knows no other voices. */
export const chatTemplate = [
  `{{ bos_token }}`,
  `{% for message in messages %}`,
  `{% if message['role'] == 'assistant' %}${scribeMark}{{ message['content'] }}${endMark}`,
  `{% else %}${userMark}{{ message['content'] }}{% endif %}`,
  `{% endfor %}`,
  `{% if add_generation_prompt %}${scribeMark}{% endif %}`,
].join('')
