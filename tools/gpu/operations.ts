/**
 * Single operations on an engine: products with the shapes of a training step and of a decoding step, additions, and reading a
 * result back to the host. They show where a step spends its time. `operations.py` does the same in PyTorch.
 *
 *   operations ENGINE CASES.json      the last line on stdout is one JSON object
 *
 * An operation is enqueued repeatedly for about `targetSeconds`, then the device is awaited; a sample is the time per operation.
 * The first two samples are discarded.
 */
import { readFileSync } from 'node:fs'
import { matMul, selectEngine, tf } from '@safe/tensor-core/engine'
import { result } from '../bench/suite/ours/result'
import { median } from '../bench/suite/statistics'
import { type Case, casesOf } from './operationCases'

// one operation ----------------------------------------------------------------------------------

/** An operation and its inputs. */
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

/** Resolves when the device has finished all submitted work. */
const finish = async (out: tf.Tensor): Promise<void> => {
  const corner = tf.tidy(() => tf.slice(tf.reshape(out, [-1]), [0], [1]))
  await corner.data()
  corner.dispose()
}

/** Seconds for `count` operations, including the wait. */
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
  // An operation that is read back runs once: the read is what is measured.
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
