/** The arena: a town and its scribe, small enough for a laptop, real enough to show how alignment is lost and kept. */
export { arenaSuite, assetsFolder } from './suite'
export { evaluationItems } from './evaluation'
export { type FineTuning, fineTuning } from './fine-tuning'
export { alignmentData, references, safeSet } from './safe-data'
export { pretrainingData } from './pretraining'
export { harmJudge, harmProbability } from './harm-judge'
export { isRefusal, verdictOf } from './verdict'
