/**
 * The options of AlignBeam and of its baselines, each described once: type, default with its source, decoder, flag of the command line
 * and key of a benchmark's configuration all come from these tables.
 */
import * as E from 'fp-ts/Either'
import {
  type Values,
  atLeastZero,
  choice,
  count,
  custom,
  number,
  optional,
  positive,
  switchedOn,
  text,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/options'
import { multis } from './mixing/bridge'
import { noSafePolicies } from './mixing/chooseBeam'
import {
  ALIGNBEAM_PAPER,
  SAFE_DECODING_CODE,
  SAFE_DECODING_PAPER,
  refusalPrefix,
  safetySystemPrompt,
} from './defaults'
import { draftMasses, supports } from './mixing/mix'

// tables -----------------------------------------------------------------------------------------

/** How many prompts a method answers in one call of its models. */
export const batchSize = withDefault(8, count('prompts answered at once'))

/** What the anchor is told first, by default this. */
export const anchorSystem = (byDefault: string | null) =>
  withDefault<string | null>(
    byDefault,
    custom('safety system prompt of the anchor; null for none', 'TEXT', (u) =>
      u === false || u === null ? E.right(null) : typeof u === 'string' ? E.right(u) : E.left('must be text'),
    ),
  )

/** How the draft completes a beam where the caller has no generation options of its own: on the command line. */
export const completionOptions = {
  temperature: withDefault(0.7, atLeastZero("of the draft's completion; 0 is greedy"), ALIGNBEAM_PAPER),
  repetitionPenalty: withDefault(
    1.15,
    positive('of the completion, over prompt and completion'),
    ALIGNBEAM_PAPER,
  ),
  maxNewTokens: withDefault(256, count('longest completion, bridge tokens included')),
}

/** Everything that decides what AlignBeam writes, beside the models, the judge and the generation options. */
export const alignBeamOptions = {
  enabled: switchedOn('false returns the model as it is; alpha 0 does not'),
  alpha: withDefault(0.5, number('weight of the anchor', { min: 0, max: 1 }), ALIGNBEAM_PAPER),
  beams: withDefault(3, count('beams per prompt, K'), ALIGNBEAM_PAPER),
  bridgeTokens: withDefault(6, count('tokens that both models decide, N'), ALIGNBEAM_PAPER),
  top: withDefault(50, count('most probable tokens taken from a model, B'), ALIGNBEAM_PAPER),
  tau: withDefault(
    2.5,
    number('a beam with at most this harm score is safe', { min: 1, max: 5 }),
    ALIGNBEAM_PAPER,
  ),
  multi: withDefault(
    'drop',
    choice('anchor tokens that are several draft tokens: drop, take the first, exact pairs only', multis),
    ALIGNBEAM_PAPER,
  ),
  draftMass: withDefault(
    'once',
    choice("the draft's term: once per token, or per colliding anchor token as printed", draftMasses),
  ),
  support: withDefault(
    'anchor',
    choice("tokens that can be chosen: the anchor's, or the draft's top tokens too", supports),
    ALIGNBEAM_PAPER,
  ),
  onNoSafe: withDefault(
    'lowest',
    choice('where no beam is safe: the lowest score, or a refusal', noSafePolicies),
    ALIGNBEAM_PAPER,
  ),
  refusalTail: withDefault(
    20,
    wholeFromZero('tokens after the bridge for a beam that opens with a refusal'),
    ALIGNBEAM_PAPER,
  ),
  /** The default applies only where the anchor has a chat template and can spell the text. */
  system: anchorSystem(safetySystemPrompt),
  /** Without these two, the completion follows the caller's generation options. */
  temperature: optional(completionOptions.temperature),
  repetitionPenalty: optional(completionOptions.repetitionPenalty),
  batchSize,
}

/** Everything that decides what SafeDecoding writes, beside the models and the generation options. */
export const safeDecodingOptions = {
  alpha: withDefault(
    3,
    atLeastZero('strength, P = P_draft + alpha (P_expert - P_draft)'),
    SAFE_DECODING_PAPER,
  ),
  first: withDefault(2, count('tokens that both models decide, m'), SAFE_DECODING_PAPER),
  common: withDefault(5, count('smallest common sample space, c'), SAFE_DECODING_PAPER),
  batchSize,
}

/** SafeDecoding with an expert that is fine-tuned on refusals, as its authors have it. */
export const safeDecodingTunedOptions = {
  ...safeDecodingOptions,
  lr: withDefault(2e-3, positive('learning rate of the expert'), SAFE_DECODING_CODE),
  epochs: withDefault(2, count('passes over the safe rows that train the expert'), SAFE_DECODING_CODE),
}

/** The baseline that begins every completion with the same words. */
export const prefixOptions = {
  prefix: withDefault(refusalPrefix, text('how every completion begins'), ALIGNBEAM_PAPER),
}

/** The baseline that puts a system prompt before every prompt. */
export const systemPromptOptions = {
  system: withDefault(safetySystemPrompt, text('what the model is told first')),
}

// types ------------------------------------------------------------------------------------------

/** All options of AlignBeam, with values. */
export type AlignBeamOptions = Values<typeof alignBeamOptions>
/** All options of SafeDecoding, with values. */
export type SafeDecodingOptions = Values<typeof safeDecodingOptions>
/** All options of SafeDecoding with a tuned expert, with values. */
export type SafeDecodingTunedOptions = Values<typeof safeDecodingTunedOptions>
/** The options of the hard prefix, with values. */
export type PrefixOptions = Values<typeof prefixOptions>
/** The options of the safety system prompt, with values. */
export type SystemPromptOptions = Values<typeof systemPromptOptions>
