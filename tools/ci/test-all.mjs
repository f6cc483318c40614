/**
 * `npm test`: types, formatting, lint, import rules, the reference pages, unit and contract tests of all packages, the build, the
 * built binaries, and the commands and examples of README, docs and doc comments. Ends with one line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'safe-test-'))
const counts = join(folder, 'counts.jsonl')
const totals = { passed: 0, failed: 0, skipped: 0 }
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
  if (!counted) totals[good ? 'passed' : 'failed'] += 1
  return good
}

const npx = (name, ...args) => step(name, 'npx', ['--no-install', ...args])

npx('types', 'nx', 'run-many', '-t', 'typecheck', '--outputStyle=static')
npx('types of tools', 'tsc', '-p', 'tools/tsconfig.json')
npx('formatting', 'prettier', '--check', '.', '--log-level', 'warn')
npx('lint', 'eslint', '.', '--max-warnings', '0')
step('import circles and floors', 'npm', ['run', '--silent', 'lint:imports'])
step('reference pages', 'node', ['tools/docs/reference.mjs', '--check'], { counted: true })
const unit = step(
  'unit and contract tests',
  'npx',
  ['--no-install', 'nx', 'run-many', '-t', 'test', '--outputStyle=static'],
  { counted: true },
)
if (npx('build', 'nx', 'run-many', '-t', 'build', '--outputStyle=static')) {
  step('built binaries', 'node', ['tools/ci/binaries.mjs'], { counted: true })
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
for (const row of rows) for (const key of ['passed', 'failed', 'skipped']) totals[key] += row[key] ?? 0
if (!unit && totals.failed === 0) totals.failed += 1
rmSync(folder, { recursive: true, force: true })
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}\n`,
)
process.exitCode = totals.failed === 0 ? 0 : 1
