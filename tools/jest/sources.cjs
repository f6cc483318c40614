/**
 * TypeScript to CommonJS by esbuild, file by file, kept for all packages and processes of the tests in one folder. Types are checked
 * elsewhere. A kept file has the time of its source, and its size in the name, so a source that is changed, or replaced by an older one,
 * is compiled again.
 */
const { createHash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } = require('node:fs')
const { dirname, join, relative, sep } = require('node:path')

const root = join(__dirname, '..', '..')

const settings = {
  loader: 'ts',
  format: 'cjs',
  target: 'node20',
  platform: 'node',
  sourcemap: 'external',
  sourcesContent: false,
  // As TypeScript compiles it for the tests: their realm has no loader for modules of ECMAScript.
  supported: { 'dynamic-import': false },
}
const { version } = require('esbuild/package.json')
const id = createHash('sha1')
  .update(JSON.stringify([version, settings]))
  .digest('hex')
const kept = join(root, 'node_modules', '.cache', 'safe-sources', id.slice(0, 12))

/** Whether a file is there with the time of its source. */
const isFresh = (path, { mtimeMs }) => {
  const found = statSync(path, { throwIfNoEntry: false })
  // File systems round times that are set.
  return found !== undefined && Math.abs(found.mtimeMs - mtimeMs) < 1
}

/** Several processes may keep the same file at once. */
const write = (path, text, { atime, mtime }) => {
  const temporary = `${path}.${process.pid}`
  writeFileSync(temporary, text)
  utimesSync(temporary, atime, mtime)
  renameSync(temporary, path)
}

/** @returns the path of a source's compiled form; its source map stands beside it, with `.map` added */
const compiled = (source) => {
  const times = statSync(source)
  const name = relative(root, source).replaceAll(`..${sep}`, '')
  const path = join(kept, name.replace(/\.ts$/, `.${times.size}.js`))
  if (isFresh(path, times)) return path
  const text = readFileSync(source, 'utf8')
  const { code, map } = require('esbuild').transformSync(text, { ...settings, sourcefile: source })
  mkdirSync(dirname(path), { recursive: true })
  write(`${path}.map`, map, times)
  write(path, code, times)
  return path
}

module.exports = { compiled, id }
