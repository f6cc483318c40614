/** AlignBeam as a provider of promptfoo: `package:@safe/alignbeam/promptfoo:AlignBeamProvider`. */
import { type Fault, faultLine } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Answered, Answerer } from './answerer'
import type { ApiProvider, CallOptions, ProviderOptions, ProviderResponse } from './contract'
import { inProcessAnswerer } from './inProcess'
import { messagesOf } from './messages'
import { type ProviderConfig, providerConfig } from './options'
import { servedAnswerer } from './served'

// parts ------------------------------------------------------------------------------------------

const answererOf =
  (env: Readonly<Record<string, string | undefined>>) =>
  (config: ProviderConfig): Answerer =>
    config.kind === 'served' ? servedAnswerer(config, env) : inProcessAnswerer(config)

const responseOf = ({
  text,
  finishReason,
  promptTokens,
  completionTokens,
  account,
}: Answered): ProviderResponse => ({
  output: text,
  tokenUsage: {
    total: promptTokens + completionTokens,
    prompt: promptTokens,
    completion: completionTokens,
    numRequests: 1,
  },
  cached: false,
  finishReason,
  metadata: { alignbeam: account },
})

// provider ---------------------------------------------------------------------------------------

/**
 * A provider that answers with draft and anchor together: through a running `alignbeam serve` (`url`), or with two model folders in
 * this process (`draft`, `anchor`). What is wrong, its options included, is the `error` of a call; nothing throws.
 *
 * `metadata.alignbeam` says how an answer came about: the beam chosen, all beams with their verdicts, and the telemetry.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { AlignBeamProvider } from '@safe/alignbeam/promptfoo'
 *
 * const provider = new AlignBeamProvider({
 *   config: { draft: 'arena/models/base', anchor: 'arena/models/anchor', maxTokens: 8 },
 * })
 * const { output, error } = await provider.callApi('who are you ?')
 * assert(typeof output === 'string', error)
 * ```
 */
class AlignBeamProvider implements ApiProvider {
  /** promptfoo looks up the name after `package:@safe/alignbeam/promptfoo:` in a module's default export, which is the class itself. */
  static readonly AlignBeamProvider = AlignBeamProvider

  // promptfoo copies providers by spreading, which leaves out what is inherited: all of these are properties of their own.
  readonly id: () => string
  readonly callApi: (prompt: string, context?: unknown, options?: CallOptions) => Promise<ProviderResponse>
  readonly cleanup: () => Promise<void>

  constructor({ id = 'alignbeam', config = {}, env = {} }: ProviderOptions = {}) {
    const answerer: E.Either<Fault, Answerer> = pipe(
      providerConfig(config),
      E.map(answererOf({ ...process.env, ...env })),
    )
    this.id = () => id
    this.callApi = (prompt, _, options) =>
      pipe(
        TE.fromEither(answerer),
        TE.chain((o) => o.answer(messagesOf(prompt), options?.abortSignal)),
        TE.match((fault) => ({ error: faultLine(fault) }), responseOf),
      )()
    this.cleanup = () => (E.isRight(answerer) ? answerer.right.dispose() : Promise.resolve())
  }
}

// Both: promptfoo takes the default export, modules of ECMAScript the name.
export { AlignBeamProvider, AlignBeamProvider as default }
