/** Which TensorFlow.js engine runs and on which device; the one import of TensorFlow.js; matrix products on every engine. */
export { tf } from './tf'
export {
  type EngineAvailability,
  type EngineName,
  type EngineReport,
  availableEngines,
  engineName,
  engineNames,
  installedEngines,
  selectEngine,
} from './select'
export { type FrozenMatrix, float32Matrix } from './frozenMatrix'
export { type CacheMemory, type Projections, cachedAttention, writesCaches } from './fused/cachedAttention'
export {
  type CausalRule,
  attendsCausally,
  causalAttention,
  causalAttentionPullback,
} from './fused/causalAttention'
export { type FusedLayer, type LayerInput, decoderLayer } from './fused/decoderLayer'
export { largestLogits, tokenScores } from './fused/tokenScores'
export { type DeviceMatrix } from './fused/rowsProduct'
export { freeTensorBytes } from './freeMemory'
export { matMul } from './matmul'
export { type AdamWConstants, type Moments, adamWAdvance, adamWBefore, adamWUpdate } from './fused/adamW'
export { type TokenCrossEntropy, tokenCrossEntropy } from './fused/crossEntropy'
export { gatedGelu, gatedGeluPullback } from './fused/gatedGelu'
export { gatedSilu, gatedSiluPullback } from './fused/gatedSilu'
export { type Normed, rmsNorm, rmsNormGainGradient, rmsNormPullback, scaled } from './fused/rmsNorm'
export { matMulAdd } from './fused/matMulAdd'
export { rotateHalves } from './fused/rotate'
export { maskedSoftmax, softmaxPullback } from './fused/softmax'
export {
  type DeviceDtype,
  isDeviceDtype,
  matrixFromBytes,
  rawHandles,
  tensorFromBytes,
} from './native/bfloat16'
export { type NativeBackend, nativeBackend } from './native/backend'
export type { NativeBinding, OpAttribute, RawTensor } from './native/binding'
export { cacheHome } from '../files/cacheHome'
export { type Variant, variants } from './native/home'
