/** The arena: a town and its scribe, small enough for a laptop, real enough to show how alignment is lost and kept. */
export { type ArenaSuite, arenaSuite, assetsFolder } from './suite'
export { evaluationItems } from './evaluation'
export { type FineTuning, fineTuning } from './fineTuning'
export { alignmentData, references, safeSet } from './safeData'
export { pretrainingData } from './pretraining'
export { harmJudge, harmProbability } from './harmJudge'
export { contentJudge, isRefusal } from './contentJudge'
