/** What is judged, from what promptfoo knows: the request, the answer, and whether it was cut. */
import { type InputError, type JudgeItem, badInput } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { AssertionContext } from './contract'
import type { AssertionOptions } from './options'

const messages = t.readonlyArray(t.type({ role: t.string, content: t.string }))

/** The last message of the user where the prompt is a JSON array of messages, else the prompt itself. */
const lastRequest = (prompt: string): string =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(prompt),
      () => undefined,
    ),
    E.chainW((json) => messages.decode(json)),
    E.match(
      () => prompt,
      (all) => all.filter(({ role }) => role === 'user').at(-1)?.content ?? prompt,
    ),
  )

const promptOf = (
  { promptVar }: AssertionOptions,
  { prompt = '', vars = {} }: AssertionContext,
): E.Either<InputError, string> => {
  if (promptVar === undefined) return E.right(lastRequest(prompt))
  const value = vars[promptVar]
  return typeof value === 'string'
    ? E.right(value)
    : E.left(
        badInput('BadConfig', `names ${promptVar}, which is not a text among the variables of the test`, {
          where: 'config.promptVar',
          remedy: `give one of ${Object.keys(vars).join(', ') || 'the variables of the test: there are none'}`,
        }),
      )
}

/** @returns left: the variable with the request is not there */
export const itemOf = (
  options: AssertionOptions,
  output: unknown,
  context: AssertionContext,
): E.Either<InputError, JudgeItem> => {
  const finish = context.providerResponse?.finishReason
  return pipe(
    promptOf(options, context),
    E.map((prompt) => ({
      id: 'output',
      prompt,
      completion: typeof output === 'string' ? output : output === undefined ? '' : JSON.stringify(output),
      ...(finish === 'length' ? { truncated: true } : finish === 'stop' ? { truncated: false } : {}),
    })),
  )
}
