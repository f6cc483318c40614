/** The options of draft and anchor behind a URL, and which of them go together. */
import * as E from 'fp-ts/Either'
import { type Values, choice, flag, optional, text, tokenizerFolder } from '@safe/tensor-core/cli'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import { endpointOptions } from '@safe/tensor-core/endpoint'
import { isAddress } from '@safe/tensor-core/judges'
import { continuations } from '../remote/continuation'

// options ----------------------------------------------------------------------------------------

/** Which of the two models an option is about. */
export type Role = 'draft' | 'anchor'

const tokenizerOf = (role: Role) =>
  optional(tokenizerFolder(`folder with the tokenizer of the ${role}, where the ${role} is behind a URL`))
const continuationOf = (role: Role) =>
  optional(
    choice(
      `how the server of the ${role} continues: tokens and text by /completions, chat by /chat/completions (default: tokens with --${role}-tokenizer, else text)`,
      continuations,
    ),
  )

const { apiKeyEnv, concurrency, timeoutSeconds, retries } = endpointOptions
export const remoteOptions = {
  draftTokenizer: tokenizerOf('draft'),
  draftContinuation: continuationOf('draft'),
  anchorTokenizer: tokenizerOf('anchor'),
  anchorContinuation: continuationOf('anchor'),
  draftApiKeyEnv: {
    ...apiKeyEnv,
    description: "variable that holds the key of the draft's server, and of the anchor's",
  },
  anchorApiKeyEnv: optional(
    text("variable that holds the key of the anchor's server, where it has another key", 'NAME'),
  ),
  concurrency: { ...concurrency, description: `${concurrency.description}, per server` },
  timeoutSeconds,
  retries,
  noReplyCache: flag('ask servers again for what they have replied before'),
}

// checking ---------------------------------------------------------------------------------------

/** What is checked of a command's options. */
export interface RemoteValues extends Values<typeof remoteOptions> {
  readonly draft: string | undefined
  readonly anchor: string | undefined
  readonly draftAdapter: string | undefined
  readonly draftTemplate: string | undefined
  readonly anchorTemplate: string | undefined
}

const bad = (field: string, message: string, remedy: string): E.Either<InputError, never> =>
  E.left(badInput('BadOption', message, { field, remedy }))

const checkRole = (role: Role, values: RemoteValues): E.Either<InputError, void> => {
  const model = values[role]
  const [tokenizer, continuation, template] = [
    values[`${role}Tokenizer`],
    values[`${role}Continuation`],
    values[`${role}Template`],
  ]
  if (model === undefined || !isAddress(model)) {
    const given =
      tokenizer !== undefined ? 'Tokenizer' : continuation !== undefined ? 'Continuation' : undefined
    return given === undefined
      ? E.right(undefined)
      : bad(
          `${role}${given}`,
          `is for a ${role} behind a URL`,
          `leave it out, or give \`${role}\` as URL#MODEL`,
        )
  }
  if (continuation === 'tokens' && tokenizer === undefined)
    return bad(`${role}Continuation`, 'needs the tokenizer for tokens', `give \`${role}Tokenizer\`, or text`)
  if (continuation === 'chat' && template !== undefined)
    return bad(
      `${role}Template`,
      'is not used where the server continues a chat: it applies its own',
      `leave it out, or give \`${role}Continuation\` text`,
    )
  return template === 'chat' && tokenizer === undefined
    ? bad(
        `${role}Template`,
        'must not be chat without a tokenizer, which has the chat template',
        `give \`${role}Tokenizer\`, or \`${role}Continuation\` chat`,
      )
    : E.right(undefined)
}

/** Whether these values can be used together. */
export const checkRemote = (values: RemoteValues): E.Either<InputError, void> => {
  if (values.draftAdapter !== undefined && values.draft !== undefined && isAddress(values.draft))
    return bad(
      'draftAdapter',
      'cannot be put on a model behind a URL',
      'have the server apply it, and name the model that it makes',
    )
  const draft = checkRole('draft', values)
  return E.isLeft(draft) ? draft : checkRole('anchor', values)
}
