/** This package's version, from its package.json: the one place where it is written. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'

export const version: string = pipe(
  E.tryCatch(
    (): unknown => JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')),
    String,
  ),
  E.chainW((u) => t.type({ version: t.string }).decode(u)),
  E.match(
    () => 'unknown',
    (manifest) => manifest.version,
  ),
)
