/** The one interpreter of `Pipeline`: without a memo it runs a pipeline, with one it is a benchmark's cell. */
export { adapterHash, dataHash } from './carrierHash'
export {
  type Fitting,
  type PipelineInput,
  type PipelineSteps,
  type Runtime,
  fit,
  interpret,
} from './interpret'
export { keepAdapter, keepData, keepLines } from './keep'
export { type Keep, type Key, type Memo, noMemo } from './memo'
export { type LmResources, type LmResourcesChoice, lmResources } from './lmResources'
export { type PipelineResult, runPipeline } from './runPipeline'
