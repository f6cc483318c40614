/**
 * Where a module that is named at run time is looked for: a method, a judge, a package that only some need. First in the project of the
 * working folder, whose dependencies are the user's choice, then beside this package, where a method is found that is installed for all.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as O from 'fp-ts/Option'

// model ------------------------------------------------------------------------------------------

/** A module that is there; it is not loaded yet. */
export interface Installed {
  /** The file of its entry. */
  readonly path: string
  /** Loads from where it was found: the module, and others of the same place. */
  readonly require: NodeJS.Require
}

// lookup -----------------------------------------------------------------------------------------

/** The places, in their order. */
export const modulePlaces = (): ReadonlyArray<NodeJS.Require> => [
  createRequire(join(process.cwd(), 'package.json')),
  createRequire(__filename),
]

/** @param id the name of a package or of a file in one, or an absolute path @returns none where no place has it */
export const installed = (
  id: string,
  places: ReadonlyArray<NodeJS.Require> = modulePlaces(),
): O.Option<Installed> => {
  const [first] = places.flatMap((require) => {
    try {
      return [{ require, path: require.resolve(id) }]
    } catch {
      return []
    }
  })
  return O.fromNullable(first)
}
