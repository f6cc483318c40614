/** What the page knows of its server. */
import type { Dial } from '../contract'
import type { HttpSettings } from '../http/serverOptions'

/** What stands in the page; it holds no secret. */
export interface PageFacts {
  /** Id of the mixed model. */
  readonly name: string
  /** Whether requests need a key. */
  readonly keyed: boolean
  readonly hasJudge: boolean
  /** What the form begins with. */
  readonly dial: Dial
  readonly maxTokens: number
  readonly seed: number
}

/** The facts of a server with these settings. @param hasJudge whether its models have a judge */
export const pageFacts = (
  { name, apiKey, defaults }: Pick<HttpSettings, 'name' | 'apiKey' | 'defaults'>,
  hasJudge: boolean,
): PageFacts => ({
  name,
  keyed: apiKey !== undefined,
  hasJudge,
  dial: defaults.dial,
  maxTokens: defaults.generation.maxNewTokens,
  seed: defaults.generation.seed,
})
