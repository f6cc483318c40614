/** How rows become tokens, as options of every command that reads them for a model. */
import type { RowChoice } from '../../lm'
import { type Values, flag, optional, text } from '../../options'

/** `--template` and `--no-eos`, to be spread into a command's options. */
export const rowOptions = {
  template: optional(
    text('chat, qa, none or a template file; default chat where the tokenizer has one', 'NAME'),
  ),
  noEos: flag('leave the end-of-sequence token out of responses'),
}

/** The choice that these options make. */
export const rowChoiceOf = ({ template, noEos }: Values<typeof rowOptions>): RowChoice => ({
  noEos,
  ...(template === undefined ? {} : { template }),
})
