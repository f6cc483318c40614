/** The arena: a small closed world of a town and its scribe, with models trained on it that run on a laptop. */
export { type ArenaSuite, arenaSuite, assetsFolder } from './suite'
export { evaluationItems } from './evaluation'
export { type FineTuning, fineTuning } from './fineTuning'
export { alignmentData, references, safeSet } from './safeData'
export { pretrainingData } from './pretraining'
export { harmJudge, harmProbability } from './harmJudge'
export { contentJudge, isRefusal } from './contentJudge'
