/** JSON as inspect_ai writes it: Python's NaN and Infinity, which JSON lacks, are read as null. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'

/** Strings, so that nothing within them is taken for a constant, and constants. */
const stringOrConstant = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs

const withoutConstants = (text: string): string =>
  text.replace(stringOrConstant, (token) => (token.startsWith('"') ? token : 'null'))

const parsed = (text: string): E.Either<unknown, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    (cause) => cause,
  )

/** @param where the file, and the member of it */
export const parseInspectJson = (where: string, text: string): E.Either<Fault, unknown> =>
  pipe(
    parsed(text),
    E.orElse(() => parsed(withoutConstants(text))),
    E.mapLeft((cause) =>
      badInput('FileDamaged', `is not JSON (${causeLine(cause)})`, {
        where,
        remedy: 'fetch or write the file again',
      }),
    ),
  )
