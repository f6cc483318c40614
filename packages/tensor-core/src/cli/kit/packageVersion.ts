/** The version a package's own package.json says. */
import { createRequire } from 'node:module'
import * as t from 'io-ts'

const Described = t.type({ version: t.string })

/** @param name the package; @param from a file that can resolve it (`__filename` of the package itself) */
export const packageVersion = (name: string, from: string): string => {
  const found: unknown = createRequire(from)(`${name}/package.json`)
  return Described.is(found) ? found.version : 'unversioned'
}
