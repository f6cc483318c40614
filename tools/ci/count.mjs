/** Counts the checks of a script, and keeps what failed, in the file from which `npm test` computes its totals. */
import { appendFileSync } from 'node:fs'

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

export const finish = (name) => {
  const file = process.env.SAFE_TEST_COUNTS
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, ...totals, failures })}\n`)
  process.exitCode = totals.failed === 0 ? 0 : 1
}
