/**
 * Single operations on an engine: products of a training step's and a decoding step's shapes, additions, and the way back to the
 * processor. They tell where a step's time goes. `operations.py` does the same in PyTorch.
 *
 *   operations ENGINE CASES.json      the last line on stdout is one JSON object
 *
 * An operation is enqueued so often that the whole takes about `targetSeconds`, then waited for; a sample is the time of one of
 * them. Two samples come before those that count.
 */
import { readFileSync } from 'node:fs'
import { matMul, selectEngine, tf } from '@safe/tensor-core/engine'
import { result } from '../bench/suite/ours/result'
import { median } from '../bench/suite/statistics'
import { type Case, casesOf } from './operationCases'

// one operation ----------------------------------------------------------------------------------

/** What an operation needs, and the operation. */
interface Work {
  readonly run: () => tf.Tensor
  readonly inputs: ReadonlyArray<tf.Tensor>
}

const random = (shape: ReadonlyArray<number>): tf.Tensor => tf.randomUniform([...shape], -1, 1)

const workOf = (c: Case): Work => {
  if (c.product !== undefined) {
    const [batch, m, k, n] = c.product
    const transposed = c.transposed ?? false
    const lead = batch === 1 ? [] : [batch]
    const a = random([...lead, m, k])
    const b = random([...lead, ...(transposed ? [n, k] : [k, n])])
    return { run: () => matMul(a, b, false, transposed), inputs: [a, b] }
  }
  const [a, b] = [random([c.add ?? c.read ?? 1]), random([c.add ?? c.read ?? 1])]
  return { run: () => tf.add(a, b), inputs: [a, b] }
}

/** Ends when the device has done all it was given. */
const finish = async (out: tf.Tensor): Promise<void> => {
  const corner = tf.tidy(() => tf.slice(tf.reshape(out, [-1]), [0], [1]))
  await corner.data()
  corner.dispose()
}

/** Seconds for `count` of them, the waiting included. */
const timeOf = async (work: Work, count: number): Promise<number> => {
  const started = performance.now()
  for (let i = 1; i < count; i++) work.run().dispose()
  const last = work.run()
  await finish(last)
  last.dispose()
  return (performance.now() - started) / 1000
}

const measure = async (c: Case, samples: number, targetSeconds: number) => {
  const work = workOf(c)
  await timeOf(work, 1)
  const once = median([await timeOf(work, 4), await timeOf(work, 4), await timeOf(work, 4)]) / 4
  // An operation that is read from is done once: the way back is what is asked for.
  const count = c.read === undefined ? Math.max(1, Math.min(2000, Math.round(targetSeconds / once))) : 1
  const seconds: number[] = []
  for (let i = 0; i < samples + 2; i++) seconds.push((await timeOf(work, count)) / count)
  tf.dispose([...work.inputs])
  return { name: c.name, count, seconds: seconds.slice(2) }
}

// the program ------------------------------------------------------------------------------------

const main = async ([engine = 'webgpu', file = 'operations.json']: ReadonlyArray<string>): Promise<void> => {
  const { samples, targetSeconds, cases } = casesOf(readFileSync(file, 'utf8'))
  const report = result(await selectEngine(engine)())
  const measured = []
  for (const c of cases)
    try {
      measured.push(await measure(c, samples, targetSeconds))
    } catch (cause) {
      measured.push({ name: c.name, failed: cause instanceof Error ? cause.message : String(cause) })
    }
  process.stdout.write(`${JSON.stringify({ device: report.device, operations: measured })}\n`)
}

main(process.argv.slice(2)).catch((cause: unknown) => {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
})
