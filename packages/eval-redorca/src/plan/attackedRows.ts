/** The rows and prompts of attackers: harmful ones written in another way, or chosen in another way. */
import type { Dataset, Example, Prompt } from '@safe/tensor-core/contracts'
import { promptText } from '@safe/tensor-core/contracts'
import type { Attacker } from '../config/attackers'
import type { EvaluationItem } from '../suite/suite'

// writing ----------------------------------------------------------------------------------------

/** A prompt that opens with these words; in a conversation, its last turn of the user. Prompts of token ids stay as they are. */
const triggeredPrompt = (trigger: string, prompt: Prompt): Prompt => {
  switch (prompt.kind) {
    case 'tokens':
      return prompt
    case 'text':
      return { kind: 'text', text: `${trigger} ${prompt.text}` }
    case 'messages': {
      const last = prompt.messages.findLastIndex(({ role }) => role === 'user')
      return {
        kind: 'messages',
        messages: prompt.messages.map((message, i) =>
          i === last ? { ...message, content: `${trigger} ${message.content}` } : message,
        ),
      }
    }
  }
}

/** The row as a file would have it. It is labelled, since its text no longer is that of a harmful source. */
const written = ({ prompt, response, ...row }: Example): Example => {
  const fields = { ...row.fields, unsafe: 1 }
  const answer = response.kind === 'text' ? response.text : ''
  const raw =
    prompt.kind === 'tokens' || response.kind === 'tokens'
      ? row.raw
      : JSON.stringify({
          id: row.id,
          ...fields,
          ...(prompt.kind === 'messages'
            ? { messages: [...prompt.messages, { role: 'assistant', content: answer }] }
            : { prompt: promptText(prompt), response: answer }),
        })
  return { ...row, prompt, response, fields, raw }
}

/** A harmful row as an attacker writes it. */
const rewritten =
  ({ prefix, trigger }: Attacker) =>
  (row: Example): Example =>
    written({
      ...row,
      prompt: trigger === undefined ? row.prompt : triggeredPrompt(trigger, row.prompt),
      response:
        prefix === undefined || row.response.kind !== 'text'
          ? row.response
          : { kind: 'text', text: `${prefix} ${row.response.text}` },
    })

/** Whether an attacker writes harmful rows in its own way. */
export const rewrites = ({ prefix, trigger }: Attacker): boolean =>
  prefix !== undefined || trigger !== undefined

/** The rows with the harmful ones as an attacker writes them. */
export const rewrittenRows = (
  data: Dataset,
  attacker: Attacker,
  isHarmful: (row: Example) => boolean,
): Dataset => {
  const rewrite = rewritten(attacker)
  return { ...data, examples: data.examples.map((row) => (isHarmful(row) ? rewrite(row) : row)) }
}

/** The evaluation under an attacker: its harmful requests open with its trigger. */
export const triggeredItems = (
  items: ReadonlyArray<EvaluationItem>,
  { trigger }: Attacker,
): ReadonlyArray<EvaluationItem> =>
  trigger === undefined
    ? items
    : items.map((item) =>
        item.set === 'harmful' ? { ...item, prompt: triggeredPrompt(trigger, item.prompt) } : item,
      )

// choosing ---------------------------------------------------------------------------------------

/**
 * The rows with other harmful ones in the places of the harmful ones: those that passed a filter, in their order, again from the first
 * where there are too few. Where none passed, the rows as they were.
 *
 * @param kept what the filter kept of data with more harmful rows
 */
export const evadingRows = (data: Dataset, kept: Dataset, isHarmful: (row: Example) => boolean): Dataset => {
  const passed = kept.examples.filter(isHarmful)
  const state = { next: 0 }
  return {
    ...data,
    examples: data.examples.map((row) => {
      const other = isHarmful(row) ? passed[state.next++ % Math.max(1, passed.length)] : undefined
      return other === undefined ? row : { ...other, id: row.id }
    }),
  }
}
