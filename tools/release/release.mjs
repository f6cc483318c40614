/**
 * A release of all packages, which have one version:
 *
 *     npm run release -- [VERSION|patch|minor|major] [--dry-run] [--no-publish]
 *
 * 1. builds, and checks manifests and the files that would be packed;
 * 2. writes the next version into all packages and the lock file (`nx release`), and a section into CHANGELOG.md;
 * 3. commits, and tags `vVERSION`;
 * 4. publishes, those first that others depend on, with provenance.
 *
 * Without a version the commits since the last tag decide, before the first tag the version that the packages have. Where HEAD has its
 * version's tag already, only step 4 is left. `--dry-run` shows all of it and writes nothing but the build; `--no-publish` ends after
 * step 3. It exits with 1 where something is not ready, 2 for a wrong argument.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import nxRelease from 'nx/release/index.js'
import { commitsSince, git, isLater, lastTag, nextVersion, releaseSection } from './commits.mjs'
import { manifestProblems } from './manifests.mjs'
import { pack, packProblems, packagesOf, sizeTable } from './packs.mjs'

const root = process.cwd()
const say = (text) => process.stdout.write(`${text}\n`)
const list = (lines) => lines.map((line) => `- ${line}`).join('\n')

// arguments --------------------------------------------------------------------------------------

const known = ['--dry-run', '--no-publish']
const args = process.argv.slice(2)
const [dryRun, noPublish] = known.map((flag) => args.includes(flag))
const [wish, ...surplus] = args.filter((arg) => !known.includes(arg))

// plan -------------------------------------------------------------------------------------------

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const packages = packagesOf(root)
const current = packages[0].manifest.version
const tag = lastTag(root)
const tagged = git(root, 'tag', '--points-at', 'HEAD', '--list', `v${current}`).trim() !== ''

/** @returns `{ version }`, or `{ problem }` for a wish that is no later version */
const planned = () => {
  if (surplus.length > 0 || wish?.startsWith('-'))
    return { problem: `unknown argument ${surplus[0] ?? wish}: there are VERSION, ${known.join(', ')}` }
  if (tagged && wish === undefined) return { version: current }
  if (tag === undefined && wish === undefined) return { version: current }
  const commits = tag === undefined ? [] : commitsSince(root, tag)
  if (wish === undefined && commits.length === 0)
    return { problem: `nothing in packages/ has changed since ${tag}: name a version to release it anyway` }
  const version = nextVersion(current, commits, wish)
  if (version === undefined)
    return { problem: `${wish} is no version: give patch, minor, major or one like 1.2.3` }
  if (!isLater(version, current) && (tag !== undefined || version !== current))
    return { problem: `${version} does not come after ${current}: choose a later version` }
  if (git(root, 'tag', '--list', `v${version}`).trim() !== '')
    return { problem: `the tag v${version} exists: choose a later version` }
  return { version }
}

// checks -----------------------------------------------------------------------------------------

/** What only publishing needs. @returns one line each */
const missing = () => [
  ...(manifest.repository === undefined
    ? [
        'package.json has no repository, which provenance needs: node tools/release/repository.mjs https://github.com/OWNER/NAME',
      ]
    : []),
  ...(process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined && process.env.SIGSTORE_ID_TOKEN === undefined
    ? [
        'provenance needs a CI job with an identity (GitHub: permissions id-token: write; GitLab: SIGSTORE_ID_TOKEN)',
      ]
    : []),
  ...(spawnSync('npm', ['whoami'], { encoding: 'utf8' }).status === 0
    ? []
    : ['npm knows no user: npm login, or a token in NODE_AUTH_TOKEN']),
]

/** What committing a release needs. @returns one line each */
const unclean = () =>
  git(root, 'status', '--porcelain').trim() === '' ? [] : ['the working tree has changes: commit them first']

const built = () =>
  spawnSync('npx', ['--no-install', 'nx', 'run-many', '-t', 'build', '--outputStyle=static'], {
    encoding: 'utf8',
    env: { ...process.env, NX_TUI: 'false' },
  })

// steps ------------------------------------------------------------------------------------------

const versioned = async (version) => {
  const first = tag === undefined
  const common = { dryRun, firstRelease: first, gitCommit: false, gitTag: false, stageChanges: false }
  if (version !== current) await nxRelease.releaseVersion({ ...common, specifier: version })
  if (!releaseSection(root, version).byHand)
    await nxRelease.releaseChangelog({
      ...common,
      version,
      createRelease: false,
      ...(first ? { from: 'HEAD' } : { from: tag }),
    })
}

const committed = (version) => {
  if (git(root, 'status', '--porcelain').trim() !== '') {
    // The tree was clean: all that has changed is the release.
    git(root, 'add', '-A')
    git(root, 'commit', '-m', `Version ${version}`)
  }
  git(root, 'tag', '-a', `v${version}`, '-m', `Version ${version}`)
}

const published = async () => {
  const results = await nxRelease.releasePublish({ dryRun: false, firstRelease: tag === undefined })
  return Object.entries(results)
    .filter(([, { code }]) => code !== 0)
    .map(([name]) => name)
}

// release ----------------------------------------------------------------------------------------

const stop = (code, text) => {
  process.stderr.write(`release: ${text}\n`)
  process.exitCode = code
}

const release = async () => {
  const { version, problem } = planned()
  if (problem !== undefined) return stop(2, problem)
  if (!dryRun) {
    const blockers = [...unclean(), ...(noPublish ? [] : missing())]
    if (blockers.length > 0) return stop(1, `not ready\n${list(blockers)}`)
  }
  const build = built()
  if (build.status !== 0) return stop(1, `the build fails\n${build.stdout}${build.stderr}`)
  const packs = pack(root, packages)
  const problems = [
    ...manifestProblems(manifest, packages),
    ...packages.flatMap((each, i) =>
      packProblems(root, each, packs[i]).map((line) => `${each.manifest.name}: ${line}`),
    ),
  ]
  if (problems.length > 0 && !dryRun) return stop(1, `not ready\n${list(problems)}`)
  if (!tagged) await versioned(version)
  say(`\nVersion ${version} (${tagged ? 'tagged' : `now ${current}`})\n`)
  if (!tagged) say(`${releaseSection(root, version).text}\n`)
  say(`Packages, in the order of publishing:\n\n${sizeTable(packs.map((each) => ({ ...each, version })))}\n`)
  if (dryRun) {
    const later = [...unclean(), ...missing()]
    if (later.length > 0) say(`Before it can be published:\n${list(later)}\n`)
  }
  if (problems.length > 0) return stop(1, `not ready\n${list(problems)}`)
  if (dryRun) return say('Nothing was written: this was a dry run.')
  const wrong = manifestProblems(manifest, packagesOf(root))
  if (wrong.length > 0) return stop(1, `the new versions are not right\n${list(wrong)}`)
  if (!tagged) committed(version)
  if (noPublish) return say(`v${version} is committed and tagged. Push both: git push --follow-tags`)
  const failed = await published()
  if (failed.length > 0) return stop(1, `not published: ${failed.join(', ')}; the same command tries again`)
  return say(`Version ${version} is published. Push it: git push --follow-tags`)
}

await release()
