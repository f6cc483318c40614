/**
 * Checks what is installed with the published packages: no install scripts but known ones, licences of a list, hashes of all packages,
 * ranges that name versions, and no install scripts of our own. It reads package-lock.json and asks no server.
 *
 *     node tools/ci/dependencies.mjs            # the checks
 *     node tools/ci/dependencies.mjs --list     # everything that is installed with the packages, with licence and reason
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { check, finish } from './count.mjs'
import {
  closureOf,
  integrityProblems,
  isLicenceAllowed,
  licenceProblems,
  ownScriptProblems,
  rangeProblems,
  scriptProblems,
  scripted,
  staleReasons,
} from './dependencyRules.mjs'

const read = (path) => JSON.parse(readFileSync(path, 'utf8'))
const lock = read('package-lock.json')
const manifests = readdirSync('packages').map((name) => read(join('packages', name, 'package.json')))

/** The lock with one entry changed. */
const withEntry = (path, change) => ({
  ...lock,
  packages: { ...lock.packages, [path]: { ...lock.packages[path], ...change } },
})
const isFound = (name, problem) => check(name, problem === undefined ? 'was not found' : undefined)

if (process.argv.includes('--list')) {
  for (const [path, by] of [...closureOf(lock)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { version, license } = lock.packages[path]
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const reason = scripted[name] === undefined ? '' : `\tinstall script: ${scripted[name]}`
    process.stdout.write(`${name}@${version}\t${license}\t${by}${reason}\n`)
  }
} else {
  check('dependencies: install scripts', scriptProblems(lock))
  check('dependencies: reasons for install scripts', staleReasons(lock))
  check('dependencies: licences', licenceProblems(lock))
  check('dependencies: registry and hashes', integrityProblems(lock))
  check('dependencies: ranges', rangeProblems(manifests))
  check('dependencies: no install scripts of our own', ownScriptProblems(manifests))
  check(
    'dependencies: install scripts do not run in this workspace',
    /^ignore-scripts=true$/m.test(readFileSync('.npmrc', 'utf8'))
      ? undefined
      : '.npmrc lacks ignore-scripts=true',
  )

  // The checks can fail: a dependency of a dependency is changed.
  const [deep = ''] = [...closureOf(lock).keys()].filter(
    (path) => path.endsWith('/fp-ts') || path.endsWith('/hono'),
  )
  isFound('dependencies: a new install script', scriptProblems(withEntry(deep, { hasInstallScript: true })))
  isFound('dependencies: another licence', licenceProblems(withEntry(deep, { license: 'GPL-3.0-only' })))
  isFound('dependencies: no licence', licenceProblems(withEntry(deep, { license: undefined })))
  isFound(
    'dependencies: another registry',
    integrityProblems(withEntry(deep, { resolved: 'https://registry.example/x.tgz' })),
  )
  isFound('dependencies: no hash', integrityProblems(withEntry(deep, { integrity: undefined })))
  isFound('dependencies: any version', rangeProblems([{ name: 'x', dependencies: { y: '*' } }]))
  isFound(
    'dependencies: a version of a branch',
    rangeProblems([{ name: 'x', dependencies: { y: 'github:a/b' } }]),
  )
  isFound('dependencies: a postinstall', ownScriptProblems([{ name: 'x', scripts: { postinstall: 'true' } }]))
  check(
    'dependencies: licences in words of SPDX',
    isLicenceAllowed('(MIT OR GPL-3.0-only)') &&
      !isLicenceAllowed('MIT AND GPL-3.0-only') &&
      !isLicenceAllowed('')
      ? undefined
      : 'are misread',
  )
  finish('dependencies')
}
