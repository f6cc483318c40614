/** A model behind a URL, as the options of a command say. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { openEndpoint } from '@safe/tensor-core/endpoint'
import { type TextTokenizer, loadTokenizer } from '@safe/tensor-core/text'
import { tokenizerMissing } from '../errors'
import { type RemoteModel, remoteModel } from '../remote/remoteModel'
import type { GenerateValues } from './generateOptions'
import type { Role } from './remoteOptions'

const tokenizerIn = (folder: string | undefined): TE.TaskEither<Fault, TextTokenizer | undefined> =>
  folder === undefined
    ? TE.right(undefined)
    : pipe(
        loadTokenizer(folder),
        TE.filterOrElseW(
          (tokenizer) => tokenizer !== undefined,
          () => tokenizerMissing(folder),
        ),
      )

/** A fault of a template or of a key, under the name that the option has here. */
const named =
  (role: Role, { anchorApiKeyEnv }: Pick<GenerateValues, 'anchorApiKeyEnv'>) =>
  (fault: Fault): Fault => {
    if (fault.field === 'template') return { ...fault, field: `${role}Template` }
    const ownKey = role === 'anchor' && anchorApiKeyEnv !== undefined
    return fault.field === 'apiKeyEnv'
      ? { ...fault, field: ownKey ? 'anchorApiKeyEnv' : 'draftApiKeyEnv' }
      : fault
  }

/** Opens the model of this role; nothing is sent before it is asked. */
export const openRemote = (
  role: Role,
  address: string,
  values: GenerateValues,
  { signal, warn }: Context,
): TE.TaskEither<Fault, RemoteModel> =>
  pipe(
    TE.Do,
    TE.bindW('endpoint', () =>
      openEndpoint({
        address,
        apiKeyEnv: (role === 'anchor' ? values.anchorApiKeyEnv : undefined) ?? values.draftApiKeyEnv,
        concurrency: values.concurrency,
        timeoutSeconds: values.timeoutSeconds,
        retries: values.retries,
        signal,
        onWarning: warn,
        ...(values.noReplyCache ? { cache: false } : {}),
      }),
    ),
    TE.bindW('tokenizer', () => tokenizerIn(values[`${role}Tokenizer`])),
    TE.chainW(({ endpoint, tokenizer }) =>
      remoteModel(endpoint, {
        role,
        tokenizer,
        template: values[`${role}Template`],
        continuation: values[`${role}Continuation`],
        top: values.top,
        onWarning: warn,
      }),
    ),
    TE.mapLeft(named(role, values)),
  )
