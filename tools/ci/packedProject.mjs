/** An empty project with the packed packages in it, and what is asked of it: see packed.mjs. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, join } from 'node:path'

/** Runs a command to its end. @returns `{ code, stdout, stderr }` */
export const ran = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000, ...options })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'])
      child[stream]?.setEncoding('utf8').on('data', (text) => (said[stream] += text))
    child.on('error', (cause) => resolve({ code: 1, ...said, stderr: String(cause) }))
    child.on('close', (code) => resolve({ code: code ?? 1, ...said }))
  })

// declared dependencies --------------------------------------------------------------------------

const loaded = /\b(?:require|import)\(\s*['"]([^'".\s][^'"\s]*)['"]\s*\)|\bfrom ['"]([^'".\s][^'"\s]*)['"]/g
const packageOf = (id) => id.split('/', id.startsWith('@') ? 2 : 1).join('/')
/** Comments of declarations have examples, which load whatever they like. */
const withoutComments = (text) => text.replaceAll(/\/\*[\s\S]*?\*\//g, '')

/** Modules that a package's files load and its manifest does not name. @returns one line each */
export const undeclared = (root, { folder, manifest }, { files }) => {
  const declared = [
    manifest.name,
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    ...builtinModules,
  ]
  return files
    .filter(({ path }) => /\.(js|cjs|d\.ts)$/.test(path))
    .flatMap(({ path }) =>
      [...withoutComments(readFileSync(join(root, folder, path), 'utf8')).matchAll(loaded)]
        .map(([, called, named]) => called ?? named)
        .filter((id) => !id.startsWith('node:') && !declared.includes(packageOf(id)))
        .map((id) => `${path} loads ${id}`),
    )
}

// installing -------------------------------------------------------------------------------------

/** Whether npm's registry answers: without this question npm would try for minutes. */
const isReachable = async (folder) => {
  const patience = ['--fetch-retries=0', '--fetch-timeout=20000', '--prefer-online']
  return (await ran('npm', ['view', 'fp-ts', 'version', ...patience], { cwd: folder })).code === 0
}

/** Installs from npm's cache, and from the registry what is not there. @returns what went wrong, undefined where nothing did */
export const install = async (folder, tarballs) => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true }))
  const from = (await isReachable(folder)) ? '--prefer-offline' : '--offline'
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const { code, stderr } = await ran('npm', ['install', from, ...quiet, ...tarballs], { cwd: folder })
  return code === 0 ? undefined : `exit ${code}: ${stderr}`
}

/** Whether an installation failed because neither the cache nor the registry has what is needed. */
export const isOffline = (problem) =>
  problem !== undefined &&
  /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/.test(
    problem,
  )

// loading ----------------------------------------------------------------------------------------

const loader = `
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const found = []
for (const id of JSON.parse(process.argv[2])) {
  try {
    const required = Object.keys(require(id)).filter((name) => /^\\w+$/.test(name))
    const imported = Object.keys(await import(id))
    found.push({ id, required, missing: required.filter((name) => !imported.includes(name)) })
  } catch (cause) {
    found.push({ id, required: [], missing: [], problem: String(cause) })
  }
}
process.stdout.write(JSON.stringify(found))
`

const entriesOf = ({ manifest }) =>
  Object.keys(manifest.exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => `${manifest.name}${path.slice(1)}`)

/**
 * Requires and imports every entry of the packages, as a module of ECMAScript does: all names must be there by name.
 * @returns `{ problems: [{ id, text }], exported: [{ id, name }] }`, with one name of each entry
 */
export const namesOf = async (project, packages) => {
  writeFileSync(join(project, 'names.mjs'), loader)
  const ids = packages.flatMap(entriesOf)
  const { code, stdout, stderr } = await ran('node', ['names.mjs', JSON.stringify(ids)], { cwd: project })
  const found = code === 0 ? JSON.parse(stdout) : ids.map((id) => ({ id, required: [], problem: stderr }))
  return {
    problems: found.flatMap(({ id, required, missing, problem }) => [
      ...(problem === undefined ? [] : [{ id, text: problem }]),
      ...(required.length === 0 ? [{ id, text: 'exports nothing' }] : []),
      ...(missing ?? []).map((name) => ({ id, text: `${name} cannot be imported by name` })),
    ]),
    exported: found.flatMap(({ id, required }) => {
      const name = required.find((each) => each !== 'default')
      return name === undefined ? [] : [{ id, name }]
    }),
  }
}

// compiling --------------------------------------------------------------------------------------

/**
 * Compiles a module of ECMAScript and one of CommonJS that import every entry, strictly and with declarations checked. Faults in the
 * declarations of other packages (TensorFlow.js has some) are not counted.
 */
export const typeProblem = async (root, project, resolution, exported) => {
  const folder = join(project, resolution)
  mkdirSync(folder)
  const program = exported
    .map(({ id, name }, i) => `import { ${name} as n${i} } from '${id}'\nimport * as m${i} from '${id}'`)
    .concat(`export const all = [${exported.map((_, i) => `n${i}, m${i}`).join(', ')}]\n`)
    .join('\n')
  const module = resolution === 'bundler' ? 'esnext' : 'node16'
  const files = resolution === 'bundler' ? ['consumer.mts'] : ['consumer.mts', 'consumer.cts']
  for (const file of files) writeFileSync(join(folder, file), program)
  const compilerOptions = {
    target: 'es2022',
    module,
    moduleResolution: resolution,
    strict: true,
    noEmit: true,
    // Checked once: declarations are the same for both.
    skipLibCheck: resolution === 'bundler',
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const { code, stdout, stderr } = await ran(
    join(root, 'node_modules', '.bin', 'tsc'),
    ['-p', folder, '--pretty', 'false'],
    { cwd: project },
  )
  const faults = stdout.split('\n').filter((line) => /: error TS|^error TS/.test(line))
  const ours = faults.filter((line) => !line.startsWith('node_modules/') || line.includes('/@safe/'))
  if (code !== 0 && faults.length === 0) return `exit ${code}: ${stdout}${stderr}`
  return ours.length === 0 ? undefined : ours.join('\n')
}

// alone ------------------------------------------------------------------------------------------

/** The names of all that npm installs because of a package, read from the lock file it wrote: no optional peer is followed. */
const pulledBy = (project, name) => {
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const found = new Set()
  const visit = (each) => {
    if (found.has(each)) return
    found.add(each)
    for (const [path, entry] of Object.entries(lock.packages))
      if (path.endsWith(`node_modules/${each}`))
        for (const of of Object.keys({ ...entry.dependencies, ...entry.peerDependencies }))
          if (entry.peerDependenciesMeta?.[of]?.optional !== true) visit(of)
  }
  visit(name)
  return [...found]
}

/** Runs the package's binaries and loads its entries. @returns one line each */
const runs = async (project, { manifest }, packages) => {
  const each = packages.filter((other) => other.manifest.name === manifest.name)
  const { problems } = await namesOf(project, each)
  const lines = problems.map(({ id, text }) => `${id}: ${text}`)
  for (const name of Object.keys(manifest.bin ?? {})) {
    const binary = join(project, 'node_modules', '.bin', name)
    const version = await ran(binary, ['--version'])
    if (version.stdout.trim() !== manifest.version)
      lines.push(`${name} --version says ${version.stdout}${version.stderr}`)
    const help = await ran(binary, ['--help'])
    if (help.code !== 0 || !help.stdout.includes('Usage:'))
      lines.push(`${name} --help: exit ${help.code} ${help.stderr}`)
  }
  return lines
}

/**
 * A package without the others but the core: npm installs no other method and no optional peer because of it, and with the others out of the
 * project's way it is loaded and its binaries run.
 */
export const aloneProblem = async (project, each, packages) => {
  const { manifest } = each
  const isKept = ({ manifest: other }) =>
    other.name === manifest.name || other.nx?.tags?.includes('layer:core')
  const others = packages.filter((other) => !isKept(other)).map((other) => other.manifest.name)
  const optional = packages
    .filter(isKept)
    .flatMap(({ manifest: kept }) => Object.keys(kept.peerDependenciesMeta ?? {}))
  const pulled = pulledBy(project, manifest.name).filter((name) => [...others, ...optional].includes(name))
  const scope = join(project, 'node_modules', '@safe')
  const parked = join(project, 'parked')
  mkdirSync(parked, { recursive: true })
  const move = (from, to) => {
    for (const name of others) renameSync(join(from, basename(name)), join(to, basename(name)))
  }
  move(scope, parked)
  const lines = await runs(project, each, packages)
  move(parked, scope)
  const all = [...pulled.map((name) => `npm installs ${name} with it`), ...lines]
  return all.length === 0 ? undefined : all.join('\n')
}

/** Optional peers of the packages, other packages excepted, that npm installed although nobody asked for them. */
export const uninvited = (project, packages) =>
  packages
    .flatMap(({ manifest }) => Object.keys(manifest.peerDependenciesMeta ?? {}))
    .filter((name) => !packages.some(({ manifest }) => manifest.name === name))
    .filter((name) => existsSync(join(project, 'node_modules', name)))
