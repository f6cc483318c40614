/**
 * What promptfoo asks of a provider, written down from its version 0.121.20 (`ApiProvider`, `ProviderOptions`, `ProviderResponse`): the
 * parts that are used here. promptfoo itself is not needed to build or test this package.
 */

/** What promptfoo constructs a provider with. */
export interface ProviderOptions {
  /** Its name in results. */
  readonly id?: string
  /** `config` of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Variables that take precedence over those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** What is known of a call besides its prompt. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal
}

/** Tokens of a call, counted. */
export interface TokenUsage {
  readonly total: number
  readonly prompt: number
  readonly completion: number
  readonly numRequests: number
}

/** The result of a call: an output or an error. */
export interface ProviderResponse {
  readonly output?: string
  readonly error?: string
  readonly tokenUsage?: TokenUsage
  readonly cached?: boolean
  readonly finishReason?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A provider. */
export interface ApiProvider {
  readonly id: () => string
  readonly callApi: (prompt: string, context?: unknown, options?: CallOptions) => Promise<ProviderResponse>
  /** Called where a call was given up. */
  readonly cleanup?: () => Promise<void>
}
