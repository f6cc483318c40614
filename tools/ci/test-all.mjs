/**
 * `npm test`: the build, types, formatting, lint, import rules, what the packages depend on, the reference pages, the built binaries, the
 * packed packages as users install them, the documentation site, releases, unit and contract tests of all packages, and the commands and
 * examples of README, docs and doc comments. What failed is named again at the end; the last line is `N passed, N failed`.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { twoAtATime } from './twoAtATime.mjs'

const folder = mkdtempSync(join(tmpdir(), 'safe-test-'))
const counts = join(folder, 'counts.jsonl')
const totals = { passed: 0, failed: 0, skipped: 0 }
/** Steps that failed and do not count their own: named again at the end. */
const steps = []
/** Counts a step as one test. */
const count = (name, good) => {
  totals[good ? 'passed' : 'failed'] += 1
  if (!good) steps.push({ test: name, message: 'what it said stands above' })
}
const environment = {
  ...process.env,
  SAFE_TEST_COUNTS: counts,
  FORCE_COLOR: '0',
  NX_TUI: 'false',
  CI: 'true',
}

/** Runs a step; it counts as one test, unless it counts its own in the counts file. */
const step = (name, command, args, { counted = false } = {}) => {
  const started = Date.now()
  process.stdout.write(`\n== ${name}\n`)
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment })
  const good = status === 0
  process.stdout.write(
    `== ${name}: ${good ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
  )
  if (!counted) count(name, good)
  return good
}

/** Runs a step beside another; what it says is shown when it ends. @returns whether it was good */
const beside = ({ name, command, args, counted = false }) =>
  new Promise((resolve) => {
    const started = Date.now()
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (said += text))
    child.on('error', (cause) => (said += String(cause)))
    child.on('close', (status) => {
      process.stdout.write(
        `\n== ${name}\n${said}== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
      )
      if (!counted) count(name, status === 0)
      resolve(status === 0)
    })
  })

const viaNpx = (name, ...args) => ({ name, command: 'npx', args: ['--no-install', ...args] })
/** A tool that reads all sources as one program: more than the heap that Node takes on a small machine. */
const viaNode = (name, file, ...args) => ({
  name,
  command: 'node',
  args: ['--max-old-space-size=4096', join('node_modules', file), ...args],
})
const script = (name, file, ...args) => ({ name, command: 'node', args: [file, ...args], counted: true })

// The rule about imports between packages asks nx which packages there are, and would say nothing if nx did not know yet.
step('packages', 'npx', ['--no-install', 'nx', 'show', 'projects'])
const built = { now: () => undefined }
/** Whether the build was good, once it has ended. */
const build = new Promise((resolve) => (built.now = resolve))
// The longest come first, so that both workers end at about the same time.
await twoAtATime(
  [
    { ...viaNpx('build', 'nx', 'run-many', '-t', 'build', '--outputStyle=static'), isBuild: true },
    viaNode('lint', 'eslint/bin/eslint.js', '.', '--max-warnings', '0'),
    viaNode('types', 'typescript/bin/tsc', '-p', 'tools/lint/tsconfig.json'),
    { ...script('packed packages', 'tools/ci/packed.mjs'), needsBuild: true },
    viaNpx('formatting', 'prettier', '--check', '.', '--log-level', 'warn'),
    script('documentation site', 'tools/ci/site.mjs'),
    script('reference pages', 'tools/docs/reference.mjs', '--check'),
    { ...script('releases', 'tools/ci/release.mjs'), needsBuild: true },
    { ...script('built binaries', 'tools/ci/binaries.mjs'), needsBuild: true },
    { name: 'import circles and floors', command: 'npm', args: ['run', '--silent', 'lint:imports'] },
    script('dependencies', 'tools/ci/dependencies.mjs'),
  ],
  async ({ isBuild = false, needsBuild = false, ...each }) => {
    if (needsBuild && !(await build)) return
    const good = await beside(each)
    if (isBuild) built.now(good)
  },
)
const unit = step(
  'unit and contract tests',
  'npx',
  ['--no-install', 'jest', '--config', 'tools/jest/all.cjs'],
  { counted: true },
)
if (await build)
  step('commands and examples of README, docs and doc comments', 'node', ['tools/ci/documents.mjs'], {
    counted: true,
  })

const rows = existsSync(counts)
  ? readFileSync(counts, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : []
for (const { test, message } of [...steps, ...rows.flatMap((row) => row.failures ?? [])])
  process.stdout.write(`\nFAILED ${test}\n${message}\n`)
for (const row of rows) for (const key of ['passed', 'failed', 'skipped']) totals[key] += row[key] ?? 0
if (!unit && totals.failed === 0) totals.failed += 1
rmSync(folder, { recursive: true, force: true })
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`,
)
process.exitCode = totals.failed === 0 ? 0 : 1
