/** Language models behind a URL: a client of OpenAI-compatible servers, with repeats, a limit on requests in flight, and a cache. */
export { type EndpointAddress, addressText, parseAddress } from './address'
export { type ApiKey, readApiKey } from './apiKey'
export { inOrder } from './inOrder'
export { type Endpoint, type EndpointUse, openEndpoint } from './openEndpoint'
export { type EndpointOptions, endpointOptions } from './endpointOptions'
export { type FinishReason, type Reply, type ReplyToken, type TokenText, firstTokenLogProbs } from './reply'
export type { ChatRequest, CompletionRequest, Sampling } from './request'
