/**
 * Versions of the code that determines results. In a checkout a package's version does not identify the code that runs, so a hash
 * of its sources is added: results computed with other sources are not reused.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { extname, isAbsolute, join, relative, sep } from 'node:path'
import { shortHash } from '@safe/tensor-core/files'

/** Folders of a package whose code affects no completion, no data and no weights. */
const unrelated = new Set(['cli', 'bin', 'report', 'results', 'gate'])

/** Files of a source folder in a fixed order. */
const computing = (root: string): ReadonlyArray<string> =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !unrelated.has(relative(root, path).split(sep)[0] ?? ''))
    .sort()

const known = new Map<string, string>()

/** A hash of all computing sources below a folder, by name and content; computed once per process. */
export const sourcesHash = (root: string): string => {
  const before = known.get(root)
  if (before !== undefined) return before
  const hash = createHash('sha256')
  for (const path of computing(root))
    hash.update(`${relative(root, path).split(sep).join('/')}\n`).update(readFileSync(path))
  const found = shortHash(hash.digest('hex'))
  known.set(root, found)
  return found
}

/** The `src` folder that contains a file, where the file is TypeScript: then a checkout runs, not a build. */
const sourceFolder = (file: string): string | undefined => {
  const at = file.lastIndexOf(`${sep}src${sep}`)
  return extname(file) === '.ts' && at >= 0 ? file.slice(0, at + 4) : undefined
}

/** A module's file and, where it is loaded, those that it requires, packages left out. */
const ownFiles = (entry: string): ReadonlyArray<string> => {
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file) || file.includes(`${sep}node_modules${sep}`) || !isAbsolute(file)) return
    seen.add(file)
    require.cache[file]?.children.forEach((child) => visit(child.filename))
  }
  visit(entry)
  return [...seen].sort()
}

const filesHash = (entry: string): string => {
  const before = known.get(entry)
  if (before !== undefined) return before
  const hash = createHash('sha256')
  for (const file of ownFiles(entry)) hash.update(readFileSync(file))
  const found = shortHash(hash.digest('hex'))
  known.set(entry, found)
  return found
}

/**
 * The version used in keys: the package's version from a build, with a hash of the sources added from a checkout, and a hash of the
 * module's files where there is no package. @param entry the module's file
 */
export const computingVersion = (version: string | undefined, entry: string): string => {
  const sources = sourceFolder(entry)
  if (version !== undefined) return sources === undefined ? version : `${version}+${sourcesHash(sources)}`
  return `file ${filesHash(entry)}`
}
