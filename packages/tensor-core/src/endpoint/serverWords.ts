/** What a server says of an error, as one short line. Servers differ in shape; HTML pages come from proxies. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { oneLine } from '../contracts'

const longestWords = 300

const Spoken = t.union([t.string, t.type({ message: t.string }), t.array(t.type({ msg: t.string }))])
type Spoken = t.TypeOf<typeof Spoken>

/** `{error: {message}}` of most servers, `{message}` of older ones, `{detail}` of FastAPI. */
const ErrorBody = t.union([
  t.type({ error: Spoken }),
  t.type({ detail: Spoken }),
  t.type({ message: t.string }),
])

const textOf = (spoken: Spoken): string =>
  typeof spoken === 'string'
    ? spoken
    : 'message' in spoken
      ? spoken.message
      : spoken.map(({ msg }) => msg).join(', ')

const spokenIn = (body: t.TypeOf<typeof ErrorBody>): string =>
  'error' in body ? textOf(body.error) : 'detail' in body ? textOf(body.detail) : body.message

/** The title of a page, else its text. */
const pageText = (page: string): string =>
  /<title[^>]{0,200}>([^<]{1,300})/i.exec(page)?.[1] ?? page.replace(/<[^>]{0,1000}>/g, ' ')

/** Cuts before it evens out blanks: a body may be long. */
const short = (text: string): string => {
  const line = text
    .slice(0, 4 * longestWords)
    .replace(/\s+/g, ' ')
    .trim()
  return oneLine(line.length > longestWords ? `${line.slice(0, longestWords - 3)}...` : line)
}

/** The words of an error's body. */
export const serverWords = (body: string): string =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(body),
      () => undefined,
    ),
    E.chainW((json) => ErrorBody.decode(json)),
    E.match(() => pageText(body.slice(0, 10_000)), spokenIn),
    short,
  )
