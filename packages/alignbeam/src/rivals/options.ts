/** The options of the rivals, each described once, as those of AlignBeam are. */
import { type Values, choice, number, text, withDefault } from '@safe/tensor-core/options'
import { refusalText } from '../defaults'
import { unparsedPolicies } from './guardVerdict'

// tables -----------------------------------------------------------------------------------------

/** Everything that decides what the guard answers, beside the model and the judge. */
export const guardOptions = {
  refusal: withDefault(refusalText, text('what takes the place of a harmful answer')),
  threshold: withDefault(
    0.5,
    number('an answer is harmful above this probability, where the judge gives one', { min: 0, max: 1 }),
  ),
  unparsed: withDefault(
    'refuse',
    choice("where the judge's verdict could not be parsed: refuse, or answer", unparsedPolicies),
  ),
}

// types ------------------------------------------------------------------------------------------

/** The options of the guard, with values. */
export type GuardOptions = Values<typeof guardOptions>
