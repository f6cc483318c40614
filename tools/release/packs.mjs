/** The packages as npm packs them: what is in each, and what must not be. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

// packages ---------------------------------------------------------------------------------------

const json = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** The packages below a repository's root, those first that others depend on. @returns `[{ folder, manifest }]` */
export const packagesOf = (root) => {
  const found = readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .map((name) => {
      const folder = join('packages', name)
      return { folder, manifest: json(join(root, folder, 'package.json')) }
    })
  const needs = ({ manifest }, other) =>
    [manifest.dependencies, manifest.peerDependencies].some((of) => of?.[other.manifest.name] !== undefined)
  const order = []
  const visit = (each) => {
    if (order.includes(each)) return
    for (const other of found) if (needs(each, other)) visit(other)
    order.push(each)
  }
  found.forEach(visit)
  return order
}

// packing ----------------------------------------------------------------------------------------

/**
 * Packs all packages into a folder; with no folder nothing is written.
 * @returns `[{ name, version, filename, size, unpackedSize, files: [{ path, size, mode }] }]`, in the order of `packages`
 */
export const pack = (root, packages, folder) => {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    [
      'pack',
      '--json',
      ...(folder === undefined ? ['--dry-run'] : ['--pack-destination', folder]),
      ...packages.flatMap((each) => ['-w', each.folder]),
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  if (status !== 0) throw new Error(`npm pack: ${stderr}`)
  const packs = JSON.parse(stdout)
  return packages.map(({ manifest }) => packs.find(({ name }) => name === manifest.name))
}

// judging ----------------------------------------------------------------------------------------

const always = ['package.json', 'README.md', 'LICENSE']

/** The source of a compiled file: what is not TypeScript's output was copied. */
const sourceOf = (path) => path.replace(/^dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts')

const problemOf = (path, exists) => {
  if (always.includes(path) || path.startsWith('assets/')) return undefined
  if (/\.map$|\.tsbuildinfo$|(^|\/)(test|golden|fixtures)\/|\.test\.|\.snap$/.test(path))
    return 'does not belong in a package'
  if (/^bin\/[^/]+\.cjs$/.test(path)) return undefined
  if (!path.startsWith('dist/')) return 'does not belong in a package'
  return exists(sourceOf(path))
    ? undefined
    : `is left of an earlier build: ${sourceOf(path)} is gone; remove the package's dist and build again`
}

/** What is wrong with a packed package: its files, its license, its binaries. @returns one line each */
export const packProblems = (root, { folder, manifest }, { files }) => {
  const exists = (path) => existsSync(join(root, folder, path))
  const paths = files.map(({ path }) => path)
  const entries = Object.values(manifest.exports).flatMap((to) =>
    typeof to === 'string' ? [to] : [to.types, to.default],
  )
  const binaries = Object.values(manifest.bin ?? {}).map((path) => path.replace(/^\.\//, ''))
  const wanted = [...always, ...binaries, ...entries.map((path) => path.replace(/^\.\//, ''))]
  const head = (path) => readFileSync(join(root, folder, path), 'utf8')
  return [
    ...files.flatMap(({ path }) => {
      const problem = problemOf(path, exists)
      return problem === undefined ? [] : [`${path} ${problem}`]
    }),
    ...wanted.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
    ...binaries
      .filter((path) => exists(path) && !head(path).startsWith('#!/usr/bin/env node\n'))
      .map((path) => `${path} does not begin with the line #!/usr/bin/env node`),
    ...files
      .filter(({ path, mode }) => binaries.includes(path) && (mode & 0o111) !== 0o111)
      .map(({ path }) => `${path} is not executable`),
    ...(exists('LICENSE') && head('LICENSE') !== readFileSync(join(root, 'LICENSE'), 'utf8')
      ? ["LICENSE is not the repository's"]
      : []),
    ...(manifest.engines?.node === json(join(root, 'package.json')).engines?.node
      ? []
      : ["engines is not the repository's"]),
  ]
}

// sizes ------------------------------------------------------------------------------------------

const unit = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)

/** A table of sizes: as text for a terminal. */
export const sizeTable = (packs) =>
  [
    ['package', 'version', 'files', 'packed', 'unpacked'],
    ...packs.map(({ name, version, files, size, unpackedSize }) => [
      name,
      version,
      String(files.length),
      unit(size),
      unit(unpackedSize),
    ]),
  ]
    .map(([name, ...cells]) => [name.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join(''))
    .join('\n')
