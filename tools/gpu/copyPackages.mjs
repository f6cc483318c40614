/**
 * Copies everything that a built package needs to run under Node into a separate node_modules: the package, and everything it depends
 * on, without types, source maps, bundles for browsers and binaries for other platforms.
 *
 *   node copyPackages.mjs TARGET PACKAGE...
 */
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

// finding ----------------------------------------------------------------------------------------

/** Where Node would find a package from a folder. */
const folderOf = (name, from) => {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
    if (at === dirname(at)) return undefined
  }
}

/** The folders of packages and of all their dependencies. */
const closure = (names) => {
  const found = new Set()
  const visit = (name, from, isRequired) => {
    const folder = folderOf(name, from)
    if (folder === undefined && isRequired) throw new Error(`${name} is not installed`)
    if (folder === undefined || found.has(folder)) return
    found.add(folder)
    const real = realpathSync(folder)
    const {
      dependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = JSON.parse(readFileSync(join(real, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(dependencies))
      if (!dependency.startsWith('@types/')) visit(dependency, real, true)
    for (const peer of Object.keys(peerDependencies))
      if (peerDependenciesMeta[peer]?.optional !== true) visit(peer, real, false)
  }
  for (const name of names) visit(name, root, true)
  return [...found]
}

// choosing ---------------------------------------------------------------------------------------

const platform = `${process.platform}-${process.arch}`
const unwanted =
  /\.(map|d\.ts|d\.mts|d\.cts|ts|tsbuildinfo|md|flow)$|\.min\.(js|cjs|mjs)$|\.(es2017|fesm)\.js$/i

/** Whether npm would publish this part of a package of this repository; true for other packages. */
const published = (folder, first) => {
  if (!folder.startsWith(join(root, 'packages'))) return true
  const { files = [] } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return ['', 'package.json', ...files].includes(first)
}

const wanted = (folder, path) => {
  const [first = '', second] = relative(folder, path).split(sep)
  if (first === 'node_modules' || !published(folder, first)) return false
  if (basename(folder) === 'webgpu' && first === 'dist' && second !== undefined) return second === platform
  return statSync(path).isDirectory() || !unwanted.test(path)
}

// copying ----------------------------------------------------------------------------------------

const [target, ...names] = process.argv.slice(2)
for (const folder of closure(names)) {
  const real = realpathSync(folder)
  const to = join(target, relative(join(root, 'node_modules'), folder))
  mkdirSync(to, { recursive: true })
  cpSync(real, to, { recursive: true, dereference: true, filter: (path) => wanted(real, path) })
}
