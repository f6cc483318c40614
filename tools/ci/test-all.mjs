/**
 * `npm test`: types, formatting, lint, import rules, what the packages depend on, the reference pages, unit and contract tests of all
 * packages, the build, the built binaries, the packed packages as users install them, the documentation site, releases, and the commands
 * and examples of README, docs and doc comments. What failed is named again at the end; the last line is `N passed, N failed`.
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

/** Runs a step beside another; what it says is shown when it ends. */
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
      resolve()
    })
  })

const viaNpx = (name, ...args) => ({ name, command: 'npx', args: ['--no-install', ...args] })
const npx = (name, ...args) => step(name, 'npx', ['--no-install', ...args])

await twoAtATime(
  [
    viaNpx('types', 'nx', 'run-many', '-t', 'typecheck', '--outputStyle=static', '--parallel=1'),
    viaNpx('lint', 'eslint', '.', '--max-warnings', '0'),
    viaNpx('formatting', 'prettier', '--check', '.', '--log-level', 'warn'),
    viaNpx('types of tools', 'tsc', '-p', 'tools/tsconfig.json'),
    {
      name: 'reference pages',
      command: 'node',
      args: ['tools/docs/reference.mjs', '--check'],
      counted: true,
    },
    { name: 'dependencies', command: 'node', args: ['tools/ci/dependencies.mjs'], counted: true },
    { name: 'import circles and floors', command: 'npm', args: ['run', '--silent', 'lint:imports'] },
  ],
  beside,
)
const unit = step(
  'unit and contract tests',
  'npx',
  ['--no-install', 'nx', 'run-many', '-t', 'test', '--outputStyle=static'],
  { counted: true },
)
if (npx('build', 'nx', 'run-many', '-t', 'build', '--outputStyle=static')) {
  step('built binaries', 'node', ['tools/ci/binaries.mjs'], { counted: true })
  await twoAtATime(
    [
      ['packed packages', 'packed'],
      ['documentation site', 'site'],
      ['releases', 'release'],
    ].map(([name, script]) => ({
      name,
      command: 'node',
      args: [`tools/ci/${script}.mjs`],
      counted: true,
    })),
    beside,
  )
  step('commands and examples of README, docs and doc comments', 'node', ['tools/ci/documents.mjs'], {
    counted: true,
  })
}

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
