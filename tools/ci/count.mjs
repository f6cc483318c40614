/** Counts the checks of a script, and keeps what failed, in the file from which `npm test` computes its totals. */
import { appendFileSync } from 'node:fs'
import { basename } from 'node:path'

const totals = { passed: 0, failed: 0, skipped: 0 }
const failures = []

export const check = (name, problem) => {
  totals[problem === undefined ? 'passed' : 'failed'] += 1
  if (problem !== undefined) failures.push({ test: name, message: problem })
  process.stdout.write(problem === undefined ? `ok ${name}\n` : `FAILED ${name}\n${problem}\n`)
}

/** Counts a check that cannot be made on this machine. */
export const skip = (name, reason) => {
  totals.skipped += 1
  process.stdout.write(`skipped ${name}: ${reason}\n`)
}

let finished = false

export const finish = (name) => {
  finished = true
  const file = process.env.SAFE_TEST_COUNTS
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, ...totals, failures })}\n`)
  process.exitCode = totals.failed === 0 ? 0 : 1
}

// A script that throws has failed, although it has not come to its end to say so.
process.on('exit', (code) => {
  if (finished || code === 0) return
  check(basename(process.argv[1] ?? ''), 'did not end: what it said stands above')
  finish(basename(process.argv[1] ?? ''))
})
