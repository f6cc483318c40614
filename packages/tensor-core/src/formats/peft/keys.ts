/** Names of tensors in adapter_model.safetensors. A tensor's role follows from its name alone, never from the order. */
import type { AdapterFields } from './config'

// model ------------------------------------------------------------------------------------------

export type AdapterKey =
  | { readonly kind: 'factor'; readonly module: string; readonly factor: 'A' | 'B' }
  /** `modules_to_save`, biases, and embeddings that were saved with the adapter: kept, not applied. */
  | { readonly kind: 'extra' }
  | { readonly kind: 'refused'; readonly what: string }
  | { readonly kind: 'unknown' }

const prefix = 'base_model.model.'
const factorPattern = /^(.+)\.lora_([AB])(?:\.default)?\.weight$/

// reading ----------------------------------------------------------------------------------------

const embeddingNames = ['embed_tokens', 'lm_head']

/** As in peft: inside a module whose path ends with the characters of `saved` (`norm` includes `input_layernorm`). */
const isInside = (name: string, saved: string): boolean =>
  name.split('.').some((_, i, parts) => parts.slice(0, i).join('.').endsWith(saved))

/** peft also saves the output head where an adapter is on it: a frozen copy of the model's. */
export const headCopy = `${prefix}lm_head.base_layer.weight`

const isExtra = (name: string, config: AdapterFields): boolean => {
  const biases =
    config.lora_bias === true || (config.bias !== undefined && config.bias !== null && config.bias !== 'none')
  const parts = name.split('.')
  return (
    parts.includes('modules_to_save') ||
    (config.modules_to_save ?? []).some((saved) => isInside(name, saved)) ||
    (biases && name.endsWith('.bias')) ||
    (parts.at(-1) === 'weight' && embeddingNames.includes(parts.at(-2) ?? ''))
  )
}

/** The role of a tensor in an adapter of this configuration, by its name. */
export const keyOf = (key: string, config: AdapterFields): AdapterKey => {
  if (/\.lora_embedding_[AB]\b/.test(key)) return { kind: 'refused', what: 'an adapter on embeddings' }
  if (key.includes('.lora_magnitude_vector')) return { kind: 'refused', what: 'DoRA' }
  if (!key.startsWith(prefix)) return { kind: 'unknown' }
  if (key === headCopy) return { kind: 'extra' }
  if (key.endsWith('.base_layer.weight')) return { kind: 'refused', what: 'an adapter on embeddings' }
  const name = key.slice(prefix.length)
  const [, module, factor] = factorPattern.exec(name) ?? []
  if (module !== undefined && !module.includes('.lora_'))
    return { kind: 'factor', module, factor: factor === 'A' ? 'A' : 'B' }
  return isExtra(name, config) ? { kind: 'extra' } : { kind: 'unknown' }
}

// writing ----------------------------------------------------------------------------------------

export const factorKey = (module: string, factor: 'A' | 'B'): string =>
  `${prefix}${module}.lora_${factor}.weight`
