/** Versions of the code that decides results. */
import { packageVersion } from '@safe/tensor-core/cli'

const versionOf = (name: string): string => packageVersion(name, __filename)

/** The package's own version. */
export const ownVersion = (): string => versionOf('@safe/eval-redorca')

export const codeVersions = (): Readonly<Record<string, string>> => ({
  '@safe/eval-redorca': ownVersion(),
  '@safe/tensor-core': versionOf('@safe/tensor-core'),
})
