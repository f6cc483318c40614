/**
 * How a judge is named: `KIND[:MODEL][,option=value...]`, where MODEL is a folder, a GGUF file, `hub:ORG/NAME` or `URL#NAME` of an
 * OpenAI-compatible server. A configuration file may spell it as a mapping `{kind, model, options}`.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeError, badInput } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** A judge to be opened. */
export interface JudgeSpec {
  /** `refusal`, `llama-guard`, `rubric`, ...; with or without its version. */
  readonly kind: string
  /** A folder, a GGUF file, `hub:ORG/NAME[@REVISION]`, or `URL#NAME`. */
  readonly model: string | undefined
  readonly options: Readonly<Record<string, string>>
}

// destructors ------------------------------------------------------------------------------------

/** The specification as text; it parses to the same value. */
export const judgeSpecText = ({ kind, model, options }: JudgeSpec): string =>
  [
    model === undefined ? kind : `${kind}:${model}`,
    ...Object.entries(options).map(([name, value]) => `${name}=${value}`),
  ].join(',')

// constructors -----------------------------------------------------------------------------------

const optionPart = /,([a-z][a-z0-9-]*)=([^,]*)$/

/** Options stand at the end, so that a comma in a path that no `name=` follows belongs to the path. */
const split = (
  text: string,
): { readonly head: string; readonly options: ReadonlyArray<readonly [string, string]> } => {
  const found = optionPart.exec(text)
  if (found === null) return { head: text, options: [] }
  const [, name = '', value = ''] = found
  const rest = split(text.slice(0, found.index))
  return { head: rest.head, options: [...rest.options, [name, value]] }
}

/**
 * Parses `KIND[:MODEL][,option=value...]`. Whether there is such a kind, and which options it has, is decided when it is opened.
 *
 * @returns left `BadOption`: no kind, nothing after the colon, or an option given twice
 */
export const parseJudgeSpec = (text: string): E.Either<JudgeError, JudgeSpec> => {
  const bad = (what: string): E.Either<JudgeError, never> =>
    E.left(
      badInput('BadOption', what, {
        where: text,
        remedy: 'give KIND, KIND:FOLDER, KIND:hub:ORG/NAME or KIND:URL#MODEL, then ,option=value',
      }),
    )
  const { head, options } = split(text)
  const colon = head.indexOf(':')
  const kind = colon < 0 ? head : head.slice(0, colon)
  const model = colon < 0 ? undefined : head.slice(colon + 1)
  const twice = options.find(([name], i) => options.findIndex(([other]) => other === name) < i)
  return pipe(
    kind === '' ? bad('names no judge') : E.right(undefined),
    E.chain(() => (model === '' ? bad('names no model after the colon') : E.right(undefined))),
    E.chain(() => (twice === undefined ? E.right(undefined) : bad(`gives the option ${twice[0]} twice`))),
    E.map(() => ({ kind, model, options: Object.fromEntries(options) })),
  )
}
