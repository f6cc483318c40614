/**
 * Fields of OpenAI's API that would change the answer and are not supported. They are refused by name: an answer that ignores them
 * would look like one that heeds them. Values that ask for nothing (null, an empty list, a penalty of 0) are accepted.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Problem, badRequest } from './problem'

// model ------------------------------------------------------------------------------------------

/** Whether a value of a field asks for nothing. */
type AsksNothing = (value: unknown) => boolean
/** Fields by name. */
type Fields = Readonly<Record<string, AsksNothing>>

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const never: AsksNothing = () => false
const noItems: AsksNothing = (u) => Array.isArray(u) && u.length === 0
const noKeys: AsksNothing = (u) => isRecord(u) && Object.keys(u).length === 0
const only =
  (...values: ReadonlyArray<unknown>): AsksNothing =>
  (u) =>
    values.includes(u)

// tables -----------------------------------------------------------------------------------------

const ofBoth: Fields = {
  logit_bias: noKeys,
  presence_penalty: only(0),
  frequency_penalty: only(0),
}

export const unsupportedInChat: Fields = {
  ...ofBoth,
  tools: noItems,
  tool_choice: only('none', 'auto'),
  functions: noItems,
  function_call: only('none', 'auto'),
  response_format: (u) => isRecord(u) && u['type'] === 'text',
  modalities: (u) => Array.isArray(u) && u.every((m) => m === 'text'),
  audio: never,
  web_search_options: never,
  reasoning_effort: only('none'),
  verbosity: only('medium'),
}

export const unsupportedInCompletions: Fields = {
  ...ofBoth,
  echo: only(false),
  suffix: only(''),
}

export const unsupportedInMessages: Fields = {
  tool_calls: noItems,
  function_call: never,
  audio: never,
}

// constructors -----------------------------------------------------------------------------------

/** Left: the first field that asks for something. @param path of the record inside the body: `messages[0].` */
export const refuseUnsupported =
  (fields: Fields, path = '') =>
  (record: unknown): E.Either<Problem, void> => {
    if (!isRecord(record)) return E.right(undefined)
    const refused = Object.entries(fields).find(([name, asksNothing]) => {
      const value = Object.hasOwn(record, name) ? record[name] : undefined
      return value !== undefined && value !== null && !asksNothing(value)
    })
    return pipe(
      refused === undefined ? E.right(undefined) : E.left(`${path}${refused[0]}`),
      E.mapLeft((param) =>
        badRequest(`\`${param}\` is not supported by this server`, 'unsupported_parameter', { param }),
      ),
    )
  }
