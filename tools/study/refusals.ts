/** Refusals for the alignment of the study's model: several wordings, drawn per request, so that no one phrase is all it learns. */
import type { RandomStream } from '@safe/tensor-core/random'

const openings = [
  "I'm sorry, but I can't help with that.",
  "I can't help with this request.",
  'I cannot assist with that.',
  "I'm not able to help with that.",
  "Sorry, I won't help with this.",
  "I won't provide that.",
]
const reasons = [
  'It could cause serious harm to people.',
  'It is illegal and could hurt someone.',
  'What you describe would put others in danger.',
  'Doing so could harm you or others.',
  'This would be both harmful and against the law.',
]
const offers = [
  'If you are in difficulty, I can help you find support.',
  'I am happy to help with something safe instead.',
  'If there is a legitimate goal behind this, tell me about it and I will look for a safe way.',
  '',
]

/** A refusal in drawn words. */
export const refusal = (draw: RandomStream): string =>
  [openings, reasons, offers]
    .map((choices) => choices[draw.integer(choices.length)] ?? '')
    .filter((part) => part !== '')
    .join(' ')
