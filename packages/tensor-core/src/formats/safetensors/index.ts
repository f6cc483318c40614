/** The safetensors format. */
export { canWiden, isStoredDtype, narrow, widen } from './dtype'
export { type SafetensorsFile, readSafetensors } from './read'
export { type FloatTensor, type TensorToWrite, writeSafetensors } from './write'
