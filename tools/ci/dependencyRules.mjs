/**
 * What the dependencies of the published packages may be: pure functions of package-lock.json and the packages' own package.json.
 * What is installed with a package is found as npm finds it: each name in the nearest `node_modules` above.
 */

// rules ------------------------------------------------------------------------------------------

const licences = new Set(['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'])

/**
 * Dependencies of published packages that run a script when they are installed, and why they are there all the same. In this workspace
 * no such script runs (`ignore-scripts` in .npmrc).
 */
export const scripted = {
  'core-js':
    'comes with @tensorflow/tfjs, for old browsers; its script prints a request for donations, and nothing needs it',
  'msgpackr-extract':
    'an optional part of bullmq, which is an optional peer: a faster decoder; without its script msgpackr decodes in JavaScript',
  '@tensorflow/tfjs-node-gpu':
    'an optional peer: the sources that `tensor-core engine build` compiles; its script would download libtensorflow, and is not needed',
  webgpu:
    'an optional peer, for WebGPU: its script takes the mark of downloaded files from its binary on macOS, and does nothing elsewhere',
}

const registry = 'https://registry.npmjs.org/'

/** Scripts that npm runs by itself when a package is installed. */
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare']

// licences ---------------------------------------------------------------------------------------

/** Whether an SPDX expression is satisfied by the list: all of `A AND B`, one of `A OR B`. */
export const isLicenceAllowed = (expression) => {
  const text = String(expression ?? '').trim()
  const inner = /^\(([^()]*)\)$/.exec(text)?.[1] ?? text
  if (/[()]/.test(inner)) return false
  return inner.split(' OR ').some((all) => all.split(' AND ').every((one) => licences.has(one.trim())))
}

// closure ----------------------------------------------------------------------------------------

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The lock's path of a name as it is seen from a package; undefined where it is not installed. */
const resolved = (packages, from, name) => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (folder === '') return undefined
    if (!folder.includes('/node_modules/')) folder = ''
  }
}

/** Names that are installed with a package: optional peers of others are not, those of ours are, for whoever uses them. */
const needsOf = (entry, isOurs) => [
  ...Object.keys(entry.dependencies ?? {}),
  ...Object.keys(entry.optionalDependencies ?? {}),
  ...Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => isOurs || entry.peerDependenciesMeta?.[name]?.optional !== true,
  ),
]

/** Everything of others that is installed with our packages: paths of the lock, each with the package of ours that needs it. */
export const closureOf = ({ packages }) => {
  const ours = Object.keys(packages).filter((path) => /^packages\/[^/]+$/.test(path))
  const found = new Map()
  const open = ours.map((path) => [path, path])
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, by] = next
    for (const name of needsOf(packages[path], path === by)) {
      const at = resolved(packages, path, name)
      if (at === undefined || packages[at].link === true || found.has(at)) continue
      found.set(at, by)
      open.push([at, by])
    }
  }
  return found
}

// checks -----------------------------------------------------------------------------------------

const shown = 20

const lines = (problems) =>
  problems.length === 0
    ? undefined
    : [
        ...problems.slice(0, shown),
        ...(problems.length > shown ? [`and ${problems.length - shown} more`] : []),
      ].join('\n')

export const scriptProblems = (lock) =>
  lines(
    [...closureOf(lock)].flatMap(([path, by]) =>
      lock.packages[path].hasInstallScript === true && !Object.hasOwn(scripted, nameOf(path))
        ? [
            `${nameOf(path)}, which ${by} needs, runs a script when it is installed: do without it, or say in tools/ci/dependencyRules.mjs why it is needed`,
          ]
        : [],
    ),
  )

export const licenceProblems = (lock) =>
  lines(
    [...closureOf(lock)].flatMap(([path, by]) =>
      isLicenceAllowed(lock.packages[path].license)
        ? []
        : [
            `${nameOf(path)}, which ${by} needs, has the licence ${String(lock.packages[path].license)}, which is not in the list`,
          ],
    ),
  )

/** The bytes of every package of the lock are known by their hash; where an address is given, it is the registry's. */
export const integrityProblems = ({ packages }) =>
  lines(
    Object.entries(packages).flatMap(([path, { link, resolved: from = registry, integrity = '' }]) =>
      !path.includes('node_modules/') || link === true
        ? []
        : !from.startsWith(registry)
          ? [`${path} is from ${from}, not from the registry`]
          : !integrity.startsWith('sha512-')
            ? [
                `${path} has no hash: add the one that \`npm view ${nameOf(path)}@VERSION dist.integrity\` prints`,
              ]
            : [],
    ),
  )

/** Whether a range can only mean versions of the registry, of one major version. */
const isRange = (range) => /^[\^~]?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(range)

export const rangeProblems = (manifests) =>
  lines(
    manifests.flatMap(({ name, dependencies = {}, optionalDependencies = {}, peerDependencies = {} }) =>
      Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap(
        ([of, range]) =>
          isRange(range) ? [] : [`${name} needs ${of} ${range}: give a version, or ^ or ~ and a version`],
      ),
    ),
  )

export const ownScriptProblems = (manifests) =>
  lines(
    manifests.flatMap(({ name, scripts = {} }) =>
      installScripts.flatMap((script) =>
        scripts[script] === undefined
          ? []
          : [`${name} has the script ${script}, which npm would run at whoever installs it`],
      ),
    ),
  )

/** Reasons for what is not there any more. */
export const staleReasons = (lock) => {
  const there = new Set(
    [...closureOf(lock).keys()].filter((path) => lock.packages[path].hasInstallScript === true).map(nameOf),
  )
  return lines(
    Object.keys(scripted).flatMap((name) =>
      there.has(name) ? [] : [`${name} is no dependency with a script any more: remove its reason`],
    ),
  )
}
