/** The safetensors format. */
export { isStoredDtype, narrow, widen } from './dtype'
export { type Room, type SafetensorsFile, engineRoom, notAWeight, readSafetensors } from './read'
export { type FloatTensor, type TensorToWrite, byteLength, writeSafetensors } from './write'
