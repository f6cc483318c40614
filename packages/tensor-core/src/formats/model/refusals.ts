/** What `config.json` may not say: fields that would change results and are not supported. */
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { Family } from './families'

type Json = Readonly<Record<string, unknown>>

/** Fields that would change results: a model with any other value than these is refused. */
const neutralValues: ReadonlyMap<string, ReadonlyArray<unknown>> = new Map<string, ReadonlyArray<unknown>>([
  ['pretraining_tp', [1]],
  ['quantization_config', []],
  ['compression_config', []],
  ['is_encoder_decoder', [false]],
  ['add_cross_attention', [false]],
  ['use_bidirectional_attention', [false]],
  ['attention_chunk_size', []],
  ['logit_scale', [1]],
  ['num_local_experts', []],
  ['num_experts', []],
  ['mlp_layer_types', []],
])

/** Soft-capping: checked where the family has none. */
const softcapFields: ReadonlyMap<string, ReadonlyArray<unknown>> = new Map<string, ReadonlyArray<unknown>>([
  ['attn_logit_softcapping', []],
  ['final_logit_softcapping', []],
])

/** Layers without a rotary embedding: checked where no layer of the family can be one. */
const rotationFields: ReadonlyMap<string, ReadonlyArray<unknown>> = new Map<string, ReadonlyArray<unknown>>([
  ['no_rope_layers', []],
])

/** Fields about sliding windows, with their neutral values: checked where no layer of the family can have a window. */
const windowFields: ReadonlyMap<string, ReadonlyArray<unknown>> = new Map<string, ReadonlyArray<unknown>>([
  ['sliding_window', []],
  ['use_sliding_window', [false]],
  ['sliding_window_pattern', []],
])

/** The first field that would change results, by name; or an architecture that is no causal language model. */
export const refused = (
  json: Json,
  where: string,
  family: Family,
  architectures: ReadonlyArray<string>,
): FormatError | undefined => {
  const checked = [
    ...neutralValues,
    ...(family.softcaps === undefined ? softcapFields : []),
    ...(family.unrotatedLayers ? [] : rotationFields),
    ...(family.sliding === 'never' ? windowFields : []),
  ]
  for (const [field, neutral] of checked) {
    const value = json[field]
    if (value !== undefined && value !== null && !neutral.includes(value))
      return unsupported(where, `${field} ${shownValue(value)} is not supported`)
  }
  const other = architectures.find((name) => !name.endsWith('ForCausalLM'))
  return other === undefined
    ? undefined
    : unsupported(where, `architecture ${other} is not supported`, 'give a causal language model')
}
