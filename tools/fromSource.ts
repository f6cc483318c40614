/** Programs of this repository run from their sources, without a build. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The folder of the repository. */
export const root = join(__dirname, '..')

/** Arguments of `node` for a program, by its path in the repository. */
export const fromSource = (program: string): ReadonlyArray<string> => [
  '--conditions=@safe/source',
  '--import',
  pathToFileURL(require.resolve('tsx')).href,
  join(root, program),
]
