/** How servers spell special tokens, where they show them as texts. */

/** The end-of-sequence and end-of-turn tokens of common model families. */
const endTexts: ReadonlySet<string> = new Set([
  '</s>',
  '<|endoftext|>',
  '<|im_end|>',
  '<|end|>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|eot|>',
  '<|return|>',
  '<end_of_turn>',
  '<turn|>',
  '<eos>',
  '<|END_OF_TURN_TOKEN|>',
  '<|endofturn|>',
  '<｜end▁of▁sentence｜>',
  '[EOS]',
])

/** Whether a listed token is the end of a text. */
export const isEndText = (token: string): boolean => endTexts.has(token)

const special = /^(<\|[^|]{1,40}\|>|<\/?(s|unk|pad|bos|eos|mask)>|\[(PAD|UNK|CLS|SEP|MASK|BOS|EOS)\])$/

/** Whether a listed token is spelled like one that is no text. */
export const isSpecialText = (token: string): boolean => isEndText(token) || special.test(token)
