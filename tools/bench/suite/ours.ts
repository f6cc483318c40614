/**
 * One measurement of this repository's code in a separate process: `ours.ts TASK FOLDER REQUEST ENGINE`, started by the suite.
 * Prints one JSON object.
 */
import { selectEngine } from '@safe/tensor-core/engine'
import type { Measured } from './measured'
import { decode } from './ours/decode'
import { load } from './ours/load'
import { perExample } from './ours/perExample'
import { prefill } from './ours/prefill'
import { readFile, readThrough } from './ours/readFile'
import { result } from './ours/result'
import { fullStep, loraStep } from './ours/trainingStep'
import { ownPeakBytes } from './peakMemory'
import { type Request, requestOf } from './request'

type Task = (folder: string, request: Request) => Promise<Omit<Measured, 'peakBytes'>>

const tasks: ReadonlyMap<string, Task> = new Map([
  ['lora-step', loraStep],
  ['full-step', fullStep],
  ['per-example', perExample],
  ['prefill', prefill],
  ['decode', decode],
  ['load', load],
])

const reads: ReadonlyMap<string, Task> = new Map([
  ['read', readFile],
  ['read-through', readThrough],
])

const main = async ([name = '', folder = '', request = '{}', engine = 'native']: ReadonlyArray<string>) => {
  // Reading a file needs no engine; its memory must not be counted.
  const reading = reads.get(name)
  if (reading !== undefined) return { ...(await reading(folder, requestOf(request))), engine: 'none' }
  const task = tasks.get(name)
  if (task === undefined) throw new Error(`there is no task ${name}`)
  const report = result(await selectEngine(engine)())
  return {
    ...(await task(folder, requestOf(request))),
    engine: `${report.engine} (${Object.entries(report.versions)
      .map(([what, version]) => `${what} ${version}`)
      .join(', ')})`,
  }
}

main(process.argv.slice(2)).then(
  (measured) => process.stdout.write(`\n${JSON.stringify({ ...measured, peakBytes: ownPeakBytes() })}\n`),
  (cause: unknown) => {
    process.stderr.write(
      cause instanceof Error ? `${cause.stack ?? ''}\n${cause.message}\n` : `${String(cause)}\n`,
    )
    process.exitCode = 1
  },
)
