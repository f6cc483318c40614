/** Bodies of `/v1/completions`: text or tokens to be continued, never put into a template. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { AskedPrompt } from '../contract'
import { decodeBody, field, maybe, wholeIn } from './fields'
import { type Problem, badField } from './problem'
import type { RequestDefaults } from './serverOptions'
import { refuseUnsupported, unsupportedInCompletions } from './unsupported'
import { type Wanted, commonFields, mostChoices, mostCompletions, wantedOf } from './wanted'

// codecs -----------------------------------------------------------------------------------------

const isToken = (u: unknown): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0
const isTokens = (u: unknown): u is ReadonlyArray<number> =>
  Array.isArray(u) && u.length > 0 && u.every(isToken)
const isText = (u: unknown): u is string => typeof u === 'string'

const raw = (text: string): AskedPrompt => ({ kind: 'raw', text })
const ofTokens = (tokens: ReadonlyArray<number>): AskedPrompt => ({ kind: 'tokens', tokens })

const prompt = field<ReadonlyArray<AskedPrompt>>(
  'a string, an array of strings, an array of tokens, or an array of arrays of tokens, none empty',
  (u) =>
    isText(u)
      ? [raw(u)]
      : isTokens(u)
        ? [ofTokens(u)]
        : !Array.isArray(u) || u.length === 0
          ? undefined
          : u.every(isText)
            ? u.map(raw)
            : u.every(isTokens)
              ? u.map(ofTokens)
              : undefined,
)

const body = t.type({
  ...commonFields,
  prompt,
  best_of: maybe(wholeIn(1, mostChoices)),
  logprobs: maybe(wholeIn(0, 5)),
})
type CompletionBody = t.TypeOf<typeof body>

// rules ------------------------------------------------------------------------------------------

const agrees = ({
  prompt: prompts,
  n,
  best_of,
  stream,
  stream_options,
}: CompletionBody): Problem | undefined =>
  best_of !== undefined && best_of !== (n ?? 1)
    ? badField('best_of', 'must equal `n`', 'unsupported_parameter')
    : prompts.length * (n ?? 1) > mostCompletions
      ? badField('prompt', `times \`n\` must be at most ${mostCompletions} completions`)
      : stream_options !== undefined && stream !== true
        ? badField('stream_options', 'needs `stream` to be true')
        : undefined

// constructors -----------------------------------------------------------------------------------

/** A completion request, completed by the defaults; left: the first field at fault. */
export const completionWanted =
  (defaults: RequestDefaults) =>
  (json: unknown): E.Either<Problem, Wanted> =>
    pipe(
      refuseUnsupported(unsupportedInCompletions)(json),
      E.chain(() => decodeBody(body)(json)),
      E.chain((fields) => {
        const problem = agrees(fields)
        return problem === undefined ? E.right(fields) : E.left(problem)
      }),
      E.map((fields) => wantedOf(defaults, fields, fields.prompt, fields.max_tokens, fields.logprobs)),
    )
