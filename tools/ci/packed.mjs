/**
 * The packages as users get them: every package is packed, its file list and its manifest are checked (publint, arethetypeswrong),
 * and all tarballs are installed into an empty project, where they are required, imported, compiled against and run, together and
 * each alone. It needs the build and npm's registry, or npm's cache; where neither is at hand the checks of the installed packages are counted
 * as skipped.
 *
 *     npm run build && node tools/ci/packed.mjs
 */
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { pack, packProblems, packagesOf, sizeTable } from '../release/packs.mjs'
import { check, finish, skip } from './count.mjs'
import {
  aloneProblem,
  install,
  isOffline,
  namesOf,
  ran,
  typeProblem,
  undeclared,
  uninvited,
} from './packedProject.mjs'
import { twoAtATime } from './twoAtATime.mjs'

const root = process.cwd()
const scratch = mkdtempSync(join(tmpdir(), 'safe-packed-'))
const packages = packagesOf(root)
const problemOf = (lines) => (lines.length === 0 ? undefined : lines.join('\n'))

// tarballs ---------------------------------------------------------------------------------------

const packs = pack(root, packages, scratch)
const tarballs = packs.map(({ filename }) => join(scratch, filename))
process.stdout.write(`${sizeTable(packs)}\n`)

/** Sizes that docs/install.md states, against those measured: a quarter more or less, or the last digit, is as good as right. */
const statedSizeProblem = ({ name, size, unpackedSize }) => {
  const row = new RegExp(`^\\| \`${name}\` +\\| ([\\d.]+) MB +\\| ([\\d.]+) MB`, 'm').exec(
    readFileSync(join('docs', 'install.md'), 'utf8'),
  )
  const found = [size / 1e6, unpackedSize / 1e6]
  const isRight = (stated, is) => Math.abs(stated - is) <= Math.max(0.25 * is, 0.1)
  return row !== null && found.every((is, i) => isRight(Number(row[i + 1]), is))
    ? undefined
    : `docs/install.md has ${row?.[0] ?? 'no row'}: it is ${found.map((is) => `${is.toFixed(1)} MB`).join(', ')}`
}

/**
 * Known and meant: promptfoo takes a provider from a module's default export, and no bundler is in the way
 * (packages/alignbeam/src/promptfoo).
 */
const isMeant = (path) => path.includes('/promptfoo')

const publintProblems = async (tarball) => {
  const bytes = readFileSync(tarball)
  const packed = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }
  const { messages, pkg } = await publint({ pkgDir: 'package', pack: packed })
  return messages
    .filter(({ code, path }) => code !== 'CJS_WITH_ESMODULE_DEFAULT_EXPORT' || !isMeant(`/${path.join('/')}`))
    .map((message) => formatMessage(message, pkg, { color: false }))
}

/**
 * Sub-paths are for resolution as Node >= 16 and bundlers do it: the older `node10` knows no `exports`. The answer goes to a file,
 * because attw ends before a pipe has taken all of it.
 */
const typeResolutionProblem = async (tarball) => {
  const answer = `${tarball}.json`
  const file = openSync(answer, 'w')
  const stdio = ['ignore', file, 'pipe']
  const attw = join(root, 'node_modules', '.bin', 'attw')
  const { stderr } = await ran(attw, [tarball, '--format', 'json'], { stdio })
  closeSync(file)
  const said = readFileSync(answer, 'utf8')
  if (!said.startsWith('{')) return `${said}${stderr}`
  return problemOf(
    Object.values(JSON.parse(said).problems ?? {})
      .flat()
      .filter((problem) => problem.resolutionKind !== 'node10' && !isMeant(problem.fileName ?? ''))
      .map((problem) => JSON.stringify(problem)),
  )
}

const checkTarballs = async () => {
  for (const [i, each] of packages.entries()) {
    const { name } = each.manifest
    check(`${name}: files of the package`, problemOf(packProblems(root, each, packs[i])))
    check(`${name}: every module it loads is declared`, problemOf(undeclared(root, each, packs[i])))
    check(`${name}: sizes in docs/install.md`, statedSizeProblem(packs[i]))
    check(`${name}: publint`, problemOf(await publintProblems(tarballs[i])))
  }
  for (const [i, { manifest }] of packages.entries())
    check(`${manifest.name}: types are found`, await typeResolutionProblem(tarballs[i]))
}

// installed --------------------------------------------------------------------------------------

const project = join(scratch, 'project')
mkdirSync(project)

const checkInstalled = async () => {
  const problem = await install(project, tarballs)
  if (isOffline(problem)) {
    skip('packed packages installed', 'neither the registry nor the cache of npm has what they depend on')
    return
  }
  check('all packages are installed', problem)
  if (problem !== undefined) return
  check('no optional peer is installed', problemOf(uninvited(project, packages)))
  const names = await namesOf(project, packages)
  for (const { manifest } of packages) {
    const missing = names.problems.filter(({ id }) => id.startsWith(manifest.name))
    check(`${manifest.name}: require and import`, problemOf(missing.map(({ id, text }) => `${id}: ${text}`)))
  }
  await twoAtATime(['node16', 'bundler'], async (resolution) =>
    check(
      `types of all packages, moduleResolution ${resolution}`,
      await typeProblem(root, project, resolution, names.exported),
    ),
  )
  for (const each of packages)
    check(`${each.manifest.name}: alone`, await aloneProblem(project, each, packages))
}

await twoAtATime([checkInstalled, checkTarballs], (part) => part())
rmSync(scratch, { recursive: true, force: true })
finish('packed')
