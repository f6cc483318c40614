/** Checks that every built binary answers --version and --help, and refuses an unknown option with one line and exit code 2. */
import { spawnSync } from 'node:child_process'
import { check, finish } from './count.mjs'

for (const name of ['tensor-core', 'forgetfilter', 'dualselect', 'csulora', 'alignbeam', 'redorca']) {
  const run = (...args) => spawnSync('npx', ['--no-install', name, ...args], { encoding: 'utf8' })
  const version = run('--version')
  check(
    `${name} --version`,
    version.status === 0 && /^\d+\.\d+\.\d+\n$/.test(version.stdout) ? undefined : version.stderr,
  )
  const help = run('--help')
  check(`${name} --help`, help.status === 0 && help.stdout.includes('Usage:') ? undefined : help.stderr)
  const wrong = run('--no-such-option')
  const lines = wrong.stderr.split('\n').filter((line) => line.startsWith(`${name}:`))
  check(
    `${name} --no-such-option`,
    wrong.status === 2 && lines.length === 1 ? undefined : `exit ${wrong.status}: ${wrong.stderr}`,
  )
}
finish('binaries')
