/** Models, adapters and data from the Hugging Face hub, in the cache that Python's `huggingface_hub` uses. */
export { download, resolveAdapter, resolveData, resolveModel, resolveTokenizer } from './resolve'
export type { HubUse } from './snapshot'
export type { ReportTransfer, TransferProgress } from './transfer'
