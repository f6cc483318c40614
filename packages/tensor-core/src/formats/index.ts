/** File formats: safetensors, model folders, PEFT adapters, datasets. All input is decoded; all outputs are written atomically. */
export {
  type FloatTensor,
  type Room,
  type SafetensorsFile,
  type TensorToWrite,
  engineRoom,
  isStoredDtype,
  narrow,
  notAWeight,
  readSafetensors,
  widen,
  writeSafetensors,
} from './safetensors'
export type { Checkpoint } from './checkpoint'
export { openWeights } from './weights'
export { isGgufPath, readGgufTokenizer } from './gguf'
export type { Activation, ModelConfig, ModelType, Rope, RopeScaling, SlidingAttention } from './model/config'
export { modelConfigJson } from './model/configJson'
export { type FamilyTraits, traitsOf } from './model/families'
export { decodeModelConfig } from './model/readConfig'
export { type ConvertOptions, type Converted, type ModelDtype, convertModel } from './convert'
export {
  type ModelFolder,
  type ModelToWrite,
  openModelFolder,
  readModelConfig,
  writeModelFolder,
} from './modelFolder'
export * from './dataset'
export * from './peft'
