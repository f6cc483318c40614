/** The options of the rivals, each described once, as those of AlignBeam are. */
import { type Values, atLeastZero, choice, number, text, withDefault } from '@safe/tensor-core/options'
import { ownJudge } from '@safe/tensor-core/judges'
import { NUDGING_PAPER, PROXY_TUNING_PAPER, refusalText } from '../defaults'
import { anchorSystem, batchSize } from '../options'
import { unparsedPolicies } from './guardVerdict'

// tables -----------------------------------------------------------------------------------------

/** What a guard needs a judge of harm for. */
export const guarding = 'guard answers'

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

/** A benchmark also opens the judge; from code it is a resource. */
export const guardPluginOptions = { ...guardOptions, judge: ownJudge }

/** Everything that decides what nudging writes, beside the models and the generation options. */
export const nudgingOptions = {
  threshold: withDefault(
    0.4,
    atLeastZero("the anchor writes the next word where the draft's most probable token has less"),
    NUDGING_PAPER,
  ),
  system: anchorSystem(null),
  batchSize,
}

/** Everything that decides what proxy tuning writes, beside the models and the generation options. */
export const proxyTuningOptions = {
  alpha: withDefault(
    1,
    atLeastZero('strength, logits of the draft + alpha (expert - anti-expert)'),
    PROXY_TUNING_PAPER,
  ),
  batchSize,
}

// types ------------------------------------------------------------------------------------------

/** The options of the guard, with values. */
export type GuardOptions = Values<typeof guardOptions>
/** The options of nudging, with values. */
export type NudgingOptions = Values<typeof nudgingOptions>
/** The options of proxy tuning, with values. */
export type ProxyTuningOptions = Values<typeof proxyTuningOptions>
