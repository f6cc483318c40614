/** The one interpreter of `Pipeline`. */
export { type LmResources, type LmResourcesChoice, lmResources } from './lmResources'
export { type PipelineResult, runPipeline } from './runPipeline'
