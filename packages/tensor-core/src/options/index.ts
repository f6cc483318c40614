/** Options described once: types, defaults, decoders, flags and reference tables all come from the same tables. */
export * from './option'
export { type PluginSpec, definePlugin } from './plugin'
export {
  type Given,
  codecOf,
  decodeConfigured,
  decodeOptions,
  defaultsOf,
  documentOf,
  parametersOf,
} from './table'
