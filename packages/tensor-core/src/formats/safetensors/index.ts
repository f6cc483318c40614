/** The safetensors format. */
export { canWiden, isStoredDtype, narrow, widen } from './dtype'
export { type Room, type SafetensorsFile, engineRoom, readSafetensors } from './read'
export { type FloatTensor, type TensorToWrite, writeSafetensors } from './write'
