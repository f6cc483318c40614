/** Answers of a server. */
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { type Reply, openEndpoint } from '@safe/tensor-core/endpoint'
import { errorLine } from '@safe/tensor-core/files'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Answered, Answerer } from './answerer'
import type { ProviderConfig } from './options'
import { telemetryCodec } from '../mixing/telemetryCodec'

// codec ------------------------------------------------------------------------------------------

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> => t.union([codec, t.null])

/** What the server says beyond OpenAI's API where `alignbeam` is true. */
const ServerAnswer = t.type({
  choices: t.array(
    t.type({
      finish_reason: t.string,
      alignbeam: t.type({
        chosen: orNull(t.number),
        beams: t.array(t.type({ completion: t.string, verdict: orNull(t.number) })),
        telemetry: telemetryCodec,
      }),
    }),
  ),
  usage: t.type({ prompt_tokens: t.number, completion_tokens: t.number }),
})

const damaged = (message: string): Fault =>
  failure('EndpointDamaged', `answers another shape: ${message}`, {
    remedy: 'check that `url` is the address of `alignbeam serve`',
  })

const answeredOf = ({ text, answer }: Reply): E.Either<Fault, Answered> =>
  pipe(
    ServerAnswer.decode(answer),
    E.mapLeft((errors) => damaged(errorLine(errors))),
    E.chain(({ choices: [choice], usage }) =>
      choice === undefined
        ? E.left(damaged('no choice'))
        : E.right({
            text,
            finishReason: choice.finish_reason,
            promptTokens: usage.prompt_tokens,
            completionTokens: usage.completion_tokens,
            account: {
              chosen: choice.alignbeam.chosen,
              beams: choice.alignbeam.beams,
              telemetry: choice.alignbeam.telemetry,
            },
          }),
    ),
  )

// constructor ------------------------------------------------------------------------------------

/** A variable of this name is not looked at where no key is wanted. */
const noKey = 'ALIGNBEAM_API_KEY'

/** Asks a server. No key is sent unless its variable is named: the one of another service must not go there. */
export const servedAnswerer = (
  { url, model, apiKeyEnv, ...settings }: Extract<ProviderConfig, { readonly kind: 'served' }>,
  env: Readonly<Record<string, string | undefined>>,
): Answerer => ({
  answer: (messages, signal) =>
    pipe(
      openEndpoint({
        address: `${url}#${model}`,
        // promptfoo keeps replies itself, and one from there would say nothing of the server that runs now.
        cache: false,
        apiKeyEnv: apiKeyEnv ?? noKey,
        env: apiKeyEnv === undefined ? {} : env,
        timeoutSeconds: settings.timeoutSeconds,
        retries: settings.retries,
        ...(signal === undefined ? {} : { signal }),
      }),
      TE.chain((endpoint) =>
        endpoint.chat({
          messages,
          maxTokens: settings.maxTokens,
          temperature: settings.temperature,
          seed: settings.seed,
          extension: {
            alignbeam: true,
            alpha: settings.alpha,
            beams: settings.beams,
            bridge_tokens: settings.bridgeTokens,
          },
        }),
      ),
      TE.chainEitherKW(answeredOf),
    ),
  dispose: () => Promise.resolve(),
})
