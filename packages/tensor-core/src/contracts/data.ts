/** Fine-tuning data before tokenization. */

// model ------------------------------------------------------------------------------------------

export type Role = 'system' | 'user' | 'assistant' | 'tool'
/** One turn of a conversation. */
export interface Message {
  readonly role: Role
  readonly content: string
}

/**
 * The prompt of a model. `text` is one user turn, `messages` a conversation that ends before the assistant's turn, and
 * `tokens` are ids to which nothing is added: no template, no begin-of-sequence.
 */
export type Prompt =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'messages'; readonly messages: ReadonlyArray<Message> }
  | { readonly kind: 'tokens'; readonly tokens: ReadonlyArray<number> }

/** The expected answer; token ids are used as they are (no end-of-sequence is added). */
export type Response =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokens: ReadonlyArray<number> }

/** One supervised row. */
export interface Example {
  /** The row's own `id`, or its zero-based number in its file. */
  readonly id: string
  readonly prompt: Prompt
  readonly response: Response
  /** The row as it came, byte for byte without its line end: data defences return kept rows unchanged. */
  readonly raw: string
  /** All other fields of the row (labels, categories), as decoded JSON. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Rows of fine-tuning data in their order, with the name of their source. */
export interface Dataset {
  /** The source, for messages and stamps: a path or a name. */
  readonly name: string
  readonly examples: ReadonlyArray<Example>
}

// constructors -----------------------------------------------------------------------------------

/** A prompt of one text; each model inserts it into its own template. */
export const textPrompt = (text: string): Prompt => ({ kind: 'text', text })
/** A prompt of token ids: no template and no begin-of-sequence is added to it. */
export const tokenPrompt = (tokens: ReadonlyArray<number>): Prompt => ({ kind: 'tokens', tokens })

/** A row made in code: its `raw` form is the JSON of its fields. */
export const textExample = (
  id: string,
  prompt: string,
  response: string,
  fields: Readonly<Record<string, unknown>> = {},
): Example => ({
  id,
  prompt: textPrompt(prompt),
  response: { kind: 'text', text: response },
  raw: JSON.stringify({ id, prompt, response, ...fields }),
  fields,
})

// destructors ------------------------------------------------------------------------------------

/** The text of a prompt for readers and judges: the text, or the last user turn; token prompts have none. */
export const promptText = (p: Prompt): string =>
  p.kind === 'text'
    ? p.text
    : p.kind === 'messages'
      ? (p.messages.filter((m) => m.role === 'user').at(-1)?.content ?? '')
      : ''

/** The text of a response; token responses have none. */
export const responseText = (r: Response): string => (r.kind === 'text' ? r.text : '')
