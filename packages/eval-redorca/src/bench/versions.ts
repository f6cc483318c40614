/** Versions of the code that decides results. */
import { createRequire } from 'node:module'
import * as t from 'io-ts'

const withVersion = t.type({ version: t.string })

const versionOf = (name: string): string => {
  const found: unknown = createRequire(__filename)(`${name}/package.json`)
  return withVersion.is(found) ? found.version : 'unversioned'
}

/** The package's own version. */
export const ownVersion = (): string => versionOf('@safe/eval-redorca')

export const codeVersions = (): Readonly<Record<string, string>> => ({
  '@safe/eval-redorca': ownVersion(),
  '@safe/tensor-core': versionOf('@safe/tensor-core'),
})
