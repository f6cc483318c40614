/** Judges behind a URL: a kind's question put to a model of an OpenAI-compatible server, `URL#MODEL`. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { EndpointError, JudgeError } from '../contracts'
import { type Endpoint, type Reply, addressText, openEndpoint } from '../endpoint'
import type { Asker } from './asking/asker'
import type { ModelKind, OptionValues } from './asking/kind'
import { type ServerChoice, serverChoice } from './asking/kindOptions'
import type { AskerUse } from './asking/openAsker'
import type { Judged } from './asking/question'
import { type Ask, type Replier, type TextReply, askerByReplies } from './asking/replies'

// faults -----------------------------------------------------------------------------------------

/** The client's options under the names that they have behind a judge. */
const optionNames: Readonly<Record<string, string>> = {
  apiKeyEnv: 'api-key-env',
  timeoutSeconds: 'timeout',
  concurrency: 'concurrency',
}

const renamed = (text: string): string =>
  text.replace(/`(\w+)`/g, (shown, name: string) => {
    const option = optionNames[name]
    return option === undefined ? shown : `the judge's option ${option}`
  })

/** A fault of the client names options of the client; a user of a judge writes them after the judge. */
const asJudgeFault = ({ field, ...fault }: EndpointError): JudgeError => ({
  ...fault,
  message:
    field === undefined ? renamed(fault.message) : `${optionNames[field] ?? field} ${renamed(fault.message)}`,
  ...(fault.remedy === undefined ? {} : { remedy: renamed(fault.remedy) }),
})

// asking -----------------------------------------------------------------------------------------

/** Most alternatives at one place that servers give. */
const mostTop = 20

const textReply = ({ text, logProbs }: Reply): TextReply => ({
  text,
  ...(logProbs === undefined
    ? {}
    : {
        tokens: logProbs.map(({ token, top }) => ({
          text: token,
          top: top.map((other) => ({ text: other.token, logProb: other.logProb })),
        })),
      }),
})

const askOf =
  (endpoint: Endpoint): Ask =>
  (messages, { maxTokens, probabilities }) =>
    pipe(
      endpoint.chat({
        messages,
        maxTokens,
        temperature: 0,
        ...(probabilities ? { topLogProbs: mostTop } : {}),
      }),
      TE.bimap(asJudgeFault, textReply),
    )

/** Nothing is sent before the judge is asked, and then only to this address. */
const connect = (
  address: string,
  { apiKeyEnv, concurrency, timeout: timeoutSeconds, retries, cache }: ServerChoice,
  { signal, env, onWarning }: AskerUse,
): TE.TaskEither<JudgeError, Replier> =>
  pipe(
    openEndpoint({
      ...{ address, apiKeyEnv, concurrency, timeoutSeconds, retries },
      ...(cache === undefined ? {} : { cache }),
      ...(signal === undefined ? {} : { signal }),
      ...(env === undefined ? {} : { env }),
      ...(onWarning === undefined ? {} : { onWarning }),
    }),
    TE.bimap(asJudgeFault, (endpoint) => ({
      address: addressText(endpoint.address),
      concurrency,
      ask: askOf(endpoint),
    })),
  )

// constructors -----------------------------------------------------------------------------------

/** Whether a model is named by its address at a server. */
export const isAddress = (model: string): boolean => /^https?:\/\//i.test(model)

/** A kind's question put to a server. @param options checked, those of the server among them */
export const endpointAsker = <A>(
  kind: ModelKind<A>,
  address: string,
  options: OptionValues,
  example: Judged,
  use: AskerUse,
): TE.TaskEither<JudgeError, Asker<A>> =>
  pipe(
    TE.fromEither(serverChoice(kind, options)),
    TE.chain((choice) => connect(address, choice, use)),
    TE.map((replier) => askerByReplies(kind, options, example, replier)),
  )
