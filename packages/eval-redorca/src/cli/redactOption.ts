/** The option of every command that writes a report. */
import { flag } from '@safe/tensor-core/cli'

export const redactOption = {
  redact: flag(
    'leave the text of answers to harmful requests, and of those judged harmful, out of all pages; samples.jsonl keeps it',
  ),
}
