/** Options described once: types, defaults, decoders, flags and reference tables all come from the same tables. */
export * from './option'
export { type PluginSpec, type StrengthOf, definePlugin } from './plugin'
export {
  type Deciding,
  type DefaultedTable,
  type Given,
  checked,
  codecOf,
  completed,
  decodeConfigured,
  decodeOptions,
  defaultsOf,
  documentOf,
  parametersOf,
  valuesIn,
  withDefaults,
} from './table'
