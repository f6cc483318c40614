/** Documents of a store as values: what is damaged counts as if it were not there, since nothing depends on these documents. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'

/** The value in a document's text; undefined where there is no text, or what it says is not one. */
export const decoded = <A>(codec: t.Decoder<unknown, A>, text: string | undefined): A | undefined =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text ?? ''),
      () => undefined,
    ),
    E.chainW((u) => codec.decode(u)),
    E.getOrElseW(() => undefined),
  )
