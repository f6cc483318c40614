/**
 * Runs examples one after the other in this process: `exampleRunner.mjs '[{"name", "file", "folder"}]'`. The next one starts when
 * the event loop is empty, so an example need not be awaited. An example fails when it throws, rejects, never settles, sets an
 * exit code, or prints a `Left`. Each result is sent to the parent as `{name, problem?}`.
 */
import { pathToFileURL } from 'node:url'
import { printsLeft } from './sourceExamples.mjs'

const waiting = JSON.parse(process.argv[2])
let current

const text = (cause) => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))
const fail = (problem) => {
  if (current !== undefined) current.problem ??= problem
}

const write = process.stdout.write.bind(process.stdout)
process.stdout.write = (chunk, ...rest) => {
  if (printsLeft(String(chunk))) fail('printed a Left')
  return write(chunk, ...rest)
}
process.on('uncaughtException', (cause) => fail(text(cause)))
process.on('unhandledRejection', (cause) => fail(text(cause)))

const next = () => {
  if (current !== undefined) {
    if (!current.settled) fail('waits for something that never happens')
    if (process.exitCode !== undefined) fail(`set the exit code ${process.exitCode}`)
    process.exitCode = undefined
    process.send({ name: current.name, problem: current.problem })
  }
  current = waiting.shift()
  if (current === undefined) {
    process.off('beforeExit', next)
    process.disconnect()
    return
  }
  const example = current
  process.chdir(example.folder)
  import(pathToFileURL(example.file).href)
    .catch((cause) => fail(text(cause)))
    .finally(() => {
      example.settled = true
    })
}

process.channel.unref()
process.on('beforeExit', next)
next()
