/**
 * Checks that every built binary answers --version and --help, and refuses an unknown option, an unknown command and an old version of
 * Node with one line and exit code 2.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check, finish } from './count.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const scratch = mkdtempSync(join(tmpdir(), 'safe-binaries-'))

/** A module that, required first, makes a process believe that it runs on another version of Node. */
const pretending = (version) => {
  const file = join(scratch, `${version}.cjs`)
  const value = `Object.assign({}, process.versions, { node: '${version}' })`
  writeFileSync(file, `Object.defineProperty(process, 'versions', { value: ${value} })\n`)
  return file
}
const old = ['18.20.4', '20.18.3'].map((version) => ({ version, file: pretending(version) }))

const folders = { redorca: 'eval-redorca' }
for (const name of ['tensor-core', 'forgetfilter', 'dualselect', 'csulora', 'alignbeam', 'redorca']) {
  const run = (...args) => spawnSync(join(root, 'node_modules', '.bin', name), args, { encoding: 'utf8' })
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
  if (name !== 'csulora') {
    const unknown = run('no-such-command', '--help')
    check(`${name} no-such-command --help`, unknown.status === 2 ? undefined : `exit ${unknown.status}`)
  }
  const file = join(root, 'packages', folders[name] ?? name, 'bin', `${name}.cjs`)
  for (const { version, file: first } of old) {
    const { status, stderr } = spawnSync('node', ['-r', first, file, '--version'], { encoding: 'utf8' })
    const expected = `${name}: needs Node >= 20.19, this is ${version}: install a newer one from https://nodejs.org\n`
    check(`${name} on Node ${version}`, status === 2 && stderr === expected ? undefined : stderr)
  }
  const modern = /=>|`|\b(?:const|let|class|async)\b|\?\.|\?\?/.exec(readFileSync(file, 'utf8'))
  check(`${name}.cjs can be read by an old Node`, modern === null ? undefined : `it has ${modern[0]}`)
}
rmSync(scratch, { recursive: true, force: true })
finish('binaries')
