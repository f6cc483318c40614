/** Versions of this package and of tensor-core. */
import { packageVersion } from '@safe/tensor-core/cli'
import { computingVersion } from './sources'

const versionOf = (name: string): string => packageVersion(name, __filename)

/** The package's own version. */
export const ownVersion = (): string => versionOf('@safe/eval-redorca')

/** Versions of the code that determines results, for keys and stamps. */
export const codeVersions = (): Readonly<Record<string, string>> => ({
  '@safe/eval-redorca': computingVersion(ownVersion(), __filename),
  '@safe/tensor-core': computingVersion(
    versionOf('@safe/tensor-core'),
    require.resolve('@safe/tensor-core/contracts'),
  ),
})
