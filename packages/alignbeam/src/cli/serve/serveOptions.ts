/** The options of `alignbeam serve`: those of the models and of decoding, of the batch, and of the server. */
import { type Values, count, required, wholeFromZero, withDefault } from '@safe/tensor-core/cli'
import { serverOptions } from '../../serving/http/serverOptions'
import { alignBeamOptions } from '../../options'
import { type GenerateValues, decodingOptions, generateOptions, models } from '../generateOptions'

// options ----------------------------------------------------------------------------------------

/** Limits of the running batch. */
const batchOptions = {
  maxRows: withDefault(64, count('beams decoded together; further requests wait')),
  prefixCache: withDefault(
    4096,
    wholeFromZero('tokens of earlier prompts kept by each model, so that what prompts share is read once'),
  ),
  promptChunk: withDefault(
    256,
    count('tokens of a long prompt read between two steps, so that it does not hold up other requests'),
  ),
}

/** What decides the models and their answers: it goes to the process of the models. */
export const modelOptions = {
  draft: required(models.draft),
  anchor: required(models.anchor),
  ...decodingOptions,
  // SafeDecoding, whose defaults `generate` names beside these, is not served.
  alpha: alignBeamOptions.alpha,
  bridgeTokens: alignBeamOptions.bridgeTokens,
  ...batchOptions,
}
/** Values of `modelOptions`. */
export type ModelValues = Values<typeof modelOptions>

export const serveOptions = { ...modelOptions, ...serverOptions }
/** Values of `serveOptions`. */
export type ServeValues = Values<typeof serveOptions>

// settings ---------------------------------------------------------------------------------------

/** The same values as `alignbeam generate` has them. */
export const generateValuesOf = (values: ModelValues): GenerateValues => ({
  ...values,
  method: 'alignbeam',
  prompts: '',
  out: undefined,
  common: generateOptions.common.fallback.right,
  prefix: generateOptions.prefix.fallback.right,
  batchSize: generateOptions.batchSize.fallback.right,
  overwrite: false,
  resume: false,
})
