/** The one interpreter of `Pipeline`. */
export { type PipelineResult, runPipeline } from './runPipeline'
