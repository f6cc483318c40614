/**
 * Releases of a small repository of its own with two packages, made with this repository's settings and scripts: a dry run writes
 * nothing, versions and sections follow from commits, and what is not ready is refused. Nothing is published.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { changelogSection, isLater, nextVersion, parsed, sectionOf } from '../release/commits.mjs'
import { packProblems } from '../release/packs.mjs'
import { check, finish } from './count.mjs'

const root = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'safe-release-'))

// the repository ---------------------------------------------------------------------------------

const write = (path, content) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
}
const read = (path) => readFileSync(join(folder, path), 'utf8')
const author = [
  '-c',
  'user.name=a',
  '-c',
  'user.email=a@example.org',
  '-c',
  'commit.gpgsign=false',
  '-c',
  'tag.gpgsign=false',
]
const git = (...args) => {
  const { status, stdout, stderr } = spawnSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`)
  return stdout
}
const commit = (message) => {
  git('add', '-A')
  git('commit', '-q', '-m', message)
}

const license = 'A license.\n'
const package_ = (name, more) => {
  const exports = { '.': { types: './dist/index.d.ts', default: './dist/index.js' } }
  const build = `node -e "const fs=require('fs');fs.mkdirSync('dist',{recursive:true});for(const e of ['js','d.ts'])fs.writeFileSync('dist/index.'+e,'')"`
  const engines = { node: '>=20' }
  const fixed = { version: '0.1.0', license: 'MIT', engines, exports, files: ['dist'], scripts: { build } }
  write(`packages/${name}/package.json`, { name: `@fx/${name}`, ...fixed, ...more })
  write(`packages/${name}/src/index.ts`, 'export const one = 1\n')
  write(`packages/${name}/README.md`, `# ${name}\n`)
  write(`packages/${name}/LICENSE`, license)
}

write('package.json', { name: 'fx', private: true, engines: { node: '>=20' }, workspaces: ['packages/*'] })
write('.gitignore', 'node_modules\ndist\n.nx\n')
write('LICENSE', license)
package_('core', {})
package_('method', { dependencies: { '@fx/core': '0.1.0' } })
const settings = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8'))
// There is no lock file here, and npm would read this repository's modules to write one.
settings.release.version.versionActionsOptions = { skipLockFileUpdate: true }
write('nx.json', settings)
cpSync(join(root, 'tools', 'release'), join(folder, 'tools', 'release'), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
git('init', '-q', '-b', 'main')
commit('The first commit')

const environment = { ...process.env }
for (const name of Object.keys(environment))
  if (/^(npm_|NX_|GIT_|ACTIONS_ID|SIGSTORE)/i.test(name)) delete environment[name]
const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.org' }
const committer = { GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.org' }
/** Runs a release. npm's user is asked of an address where nobody listens. */
const release = (...args) => {
  const { status, stdout, stderr } = spawnSync('node', ['tools/release/release.mjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...environment,
      ...identity,
      ...committer,
      NX_DAEMON: 'false',
      FORCE_COLOR: '0',
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_fetch_retries: '0',
    },
  })
  return { status, stdout, stderr, said: `exit ${status}\n${stdout}\n${stderr}` }
}
/** Checks the end of a release and what it said. */
const expect = (name, { status, said }, wanted, ...parts) =>
  check(
    name,
    status === wanted &&
      parts.every((part) => (part instanceof RegExp ? part.test(said) : said.includes(part)))
      ? undefined
      : `wanted exit ${wanted} and ${parts.join(', ')}\n${said}`,
  )
const state = () => `${git('status', '--porcelain')}${git('rev-parse', 'HEAD')}${git('tag')}`

// releases ---------------------------------------------------------------------------------------

const before = state()
const first = release('--dry-run')
expect(
  'the first release has the version that the packages have',
  first,
  0,
  'Version 0.1.0',
  'The first release.',
)
expect(
  'a dry run says what publishing still needs',
  first,
  0,
  'package.json has no repository',
  'npm knows no user',
)
expect('packages in the order of publishing, with sizes', first, 0, /@fx\/core +0\.1\.0 +5 .*\n@fx\/method/)
check('a dry run changes nothing', state() === before ? undefined : `${before}\n${state()}`)
expect(
  'publishing is refused where it is not ready',
  release(),
  1,
  'not ready',
  'package.json has no repository',
)
expect('a wrong version', release('--dry-run', 'soon'), 2, 'soon is no version')
expect('an earlier version', release('--dry-run', '0.0.9'), 2, '0.0.9 does not come after 0.1.0')

git('tag', 'v0.1.0')
write('packages/core/src/index.ts', 'export const one = 2\n')
commit('Numbers: one is two')
write('packages/method/src/index.ts', 'export const one = 2\n')
write('packages/core/src/index.ts', 'export const one = 3\n')
commit('feat!: one is three')
const made = release('--no-publish')
expect(
  'a release is committed and tagged',
  made,
  0,
  'Version 0.2.0 (now 0.1.0)',
  'v0.2.0 is committed and tagged',
)
const versions = ['core', 'method'].map((name) => JSON.parse(read(`packages/${name}/package.json`)))
check(
  'all packages and the ranges between them have the version',
  versions.every(({ version }) => version === '0.2.0') && versions[1].dependencies['@fx/core'] === '0.2.0'
    ? undefined
    : JSON.stringify(versions),
)
check(
  'the changelog has a section by package',
  existsSync(join(folder, 'CHANGELOG.md')) &&
    /^## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n### What breaks\n\n- one is three\n\n### core\n\n- Numbers: one is two(\n|$)/.test(
      read('CHANGELOG.md'),
    )
    ? undefined
    : `${made.said}\n${existsSync(join(folder, 'CHANGELOG.md')) ? read('CHANGELOG.md') : 'no CHANGELOG.md'}`,
)
check('nothing is left over', git('status', '--porcelain') === '' ? undefined : git('status', '--porcelain'))
write('packages/core/README.md', '')
rmSync(join(folder, 'packages', 'method', 'LICENSE'))
const spoilt = release('--dry-run')
expect(
  'what is tagged is only published, and what is not ready is named',
  spoilt,
  1,
  'Version 0.2.0 (tagged)',
  '@fx/method: LICENSE is missing',
  'the working tree has changes',
)

// rules ------------------------------------------------------------------------------------------

const commits = (...messages) => messages.map((message) => ({ ...parsed(message), packages: ['core'] }))
const version = (name, is, wanted) =>
  check(`version: ${name}`, is === wanted ? undefined : `${is}, not ${wanted}`)
version('a sentence is a patch', nextVersion('1.2.3', commits('serve: quicker')), '1.2.4')
version('a feature is a minor version', nextVersion('1.2.3', commits('fix: a', 'feat(x): b')), '1.3.0')
version('what breaks is a major version', nextVersion('1.2.3', commits('A\n\nBREAKING CHANGE: b')), '2.0.0')
version('below 1.0.0 a feature is a patch', nextVersion('0.2.3', commits('feat: b')), '0.2.4')
version('a wish counts', nextVersion('0.2.3', commits('feat: b'), 'major'), '1.0.0')
const order = ['0.9.0', '0.10.0-rc.1', '0.10.0', '1.0.0']
check(
  'versions are ordered',
  order.every((a, i) => order.every((b, j) => isLater(b, a) === j > i)) ? undefined : order.join(' '),
)
const section = changelogSection('1.0.0', '2026-01-02', commits('fix: a', 'serve: b'))
const wanted = '## 1.0.0 (2026-01-02)\n\n### core\n\n- a\n- serve: b'
check('a section', section === wanted ? undefined : section)
check(
  'a section is found again',
  sectionOf(`## 1.0.0-a\n\nx\n\n${section}\n\n## 0.9.0\n`, '1.0.0') === wanted ? undefined : 'not found',
)

const packed = {
  folder: 'packages/core',
  manifest: {
    name: '@fx/core',
    engines: { node: '>=20' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  },
}
for (const path of [
  'dist/index.js.map',
  'dist/test/a.js',
  'dist/gone.js',
  'src/index.ts',
  'tsconfig.tsbuildinfo',
]) {
  const files = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', path]
  const problems = packProblems(folder, packed, { files: files.map((each) => ({ path: each, mode: 0o644 })) })
  check(
    `${path} is not packed`,
    problems.length === 1 && problems[0].startsWith(`${path} `) ? undefined : problems.join('\n'),
  )
}

rmSync(folder, { recursive: true, force: true })
finish('release')
