/**
 * Where a training step and decoding spend their time on the webgpu engine: seconds of whole steps by the number of programs that
 * are submitted together, and the device time of each program, from its timestamps.
 *
 *   anatomy FOLDER SHAPE      FOLDER holds the files of `makeFiles`; the last line on stdout is one JSON object
 *
 * A step with timestamps takes longer than one without, because each program is then submitted alone. Sums are device time.
 */
import { greedy } from '@safe/tensor-core/contracts'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { readAdapter, readDataset } from '@safe/tensor-core/formats'
import { loadCausalLM, recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { adapterFolder, modelFolder, rowsFile } from '../bench/suite/files'
import { result } from '../bench/suite/ours/result'
import { shapeOf } from './shapeOf'

// the backend's timers ---------------------------------------------------------------------------

interface Program {
  readonly outputShape: ReadonlyArray<number>
}

interface DeviceBuffer {
  readonly mapAsync: (mode: number) => Promise<void>
  readonly getMappedRange: () => ArrayBuffer
  readonly unmap: () => void
  readonly destroy: () => void
}

/** The internals of TensorFlow.js's backend that are used here. It times every program while `activeTimers` is a list. */
interface TimedBackend {
  readonly device: { readonly createBuffer: (what: { size: number; usage: number }) => DeviceBuffer }
  readonly commandEncoder: {
    readonly resolveQuerySet: (
      set: unknown,
      from: number,
      count: number,
      to: DeviceBuffer,
      at: number,
    ) => void
    readonly copyBufferToBuffer: (
      from: DeviceBuffer,
      at: number,
      to: DeviceBuffer,
      toAt: number,
      bytes: number,
    ) => void
  }
  readonly querySet: unknown
  readonly submitQueue: () => void
  activeTimers: object[] | undefined
  /** Called after each timed program. TensorFlow.js's version maps a buffer each time, which the engine's reads cannot wait for. */
  getQueryTime: () => Promise<number>
  runWebGPUProgram: (program: Program, ...rest: unknown[]) => unknown
}

const isTimed = (u: unknown): u is TimedBackend =>
  typeof u === 'object' && u !== null && 'runWebGPUProgram' in u && 'getQueryTime' in u

/** `GPUBufferUsage` of the WebGPU standard. */
const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, queryResolve: 0x200 } as const
/** Two timestamps of 8 bytes. */
const pairBytes = 16
const mostPrograms = 1 << 17

interface Timings {
  readonly start: () => void
  readonly stop: () => void
  /** Device milliseconds and calls between `start` and `stop`, by program and output shape; largest first. */
  readonly read: () => Promise<Anatomy>
}

interface Anatomy {
  readonly calls: number
  readonly deviceMs: number
  readonly programs: ReadonlyArray<{ readonly name: string; readonly calls: number; readonly ms: number }>
}

const timingsOf = (backend: TimedBackend): Timings => {
  const names: string[] = []
  const pair = backend.device.createBuffer({
    size: pairBytes,
    usage: usage.queryResolve | usage.copySource,
  })
  const pairs = backend.device.createBuffer({
    size: pairBytes * mostPrograms,
    usage: usage.mapRead | usage.copyTarget,
  })
  let count = 0
  backend.getQueryTime = () => {
    backend.commandEncoder.resolveQuerySet(backend.querySet, 0, 2, pair, 0)
    backend.commandEncoder.copyBufferToBuffer(pair, 0, pairs, pairBytes * count++, pairBytes)
    backend.submitQueue()
    return Promise.resolve(0)
  }
  const run = backend.runWebGPUProgram.bind(backend)
  backend.runWebGPUProgram = (program, ...rest) => {
    const before = count
    const out = run(program, ...rest)
    if (count > before) names.push(`${program.constructor.name} [${program.outputShape.join(', ')}]`)
    return out
  }
  return {
    start: () => {
      names.length = 0
      count = 0
      backend.activeTimers = []
    },
    stop: () => {
      backend.activeTimers = undefined
    },
    read: async () => {
      await pairs.mapAsync(1)
      const stamps = new BigUint64Array(pairs.getMappedRange().slice(0, pairBytes * count))
      pairs.unmap()
      const groups = new Map<string, { calls: number; ms: number }>()
      let deviceMs = 0
      names.forEach((name, i) => {
        const ms = Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n)) / 1e6
        const group = groups.get(name) ?? { calls: 0, ms: 0 }
        groups.set(name, { calls: group.calls + 1, ms: group.ms + ms })
        deviceMs += ms
      })
      const programs = [...groups].map(([name, group]) => ({ name, ...group })).sort((x, y) => y.ms - x.ms)
      return { calls: names.length, deviceMs, programs }
    },
  }
}

// work -------------------------------------------------------------------------------------------

const batchFlag = 'WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE'
/** Numbers of programs that are submitted together; the default of TensorFlow.js is 15. */
const batches = [15, 60, 240]
const STEPS = 6

const main = async ([folder = '.', json = '{}']: ReadonlyArray<string>): Promise<void> => {
  const shape = shapeOf(json)
  result(await selectEngine('webgpu')())
  const backend: unknown = tf.backend()
  if (!isTimed(backend)) throw new Error('the webgpu backend has no programs to time')
  const timings = timingsOf(backend)

  const steps: number[] = []
  const timed = 1 + batches.length * STEPS
  result(
    await trainAdapter({
      model: modelFolder(folder, 'float32'),
      data: result(await readDataset(rowsFile(folder, 'equal'))()),
      init: result(await readAdapter(adapterFolder(folder))()),
      seed: 1,
      recipe: {
        ...recipeDefaults,
        dropout: 0,
        batchSize: shape.rows,
        maxSteps: timed + 1,
        shuffle: false,
        loss: 'token',
      },
      onStep: ({ seconds }) => {
        steps.push(seconds)
        // The sizes alternate, so that a drift over time affects all of them.
        tf.env().set(batchFlag, batches[steps.length % batches.length] ?? 15)
        if (steps.length === timed) timings.start()
        if (steps.length === timed + 1) timings.stop()
      },
    })(),
  )
  tf.env().set(batchFlag, batches[0] ?? 15)
  const step = await timings.read()
  const bySubmit = Object.fromEntries(
    batches.map((size, turn) => [
      String(size),
      steps.slice(1, timed).filter((_, i) => (i + 1) % batches.length === turn),
    ]),
  )

  const lm = result(await loadCausalLM({ model: modelFolder(folder, 'float32'), batchSize: shape.rows })())
  const requests = result(await readDataset(rowsFile(folder, 'prompts'))()).examples.map(({ prompt }) => ({
    prompt,
  }))
  const tokens = Math.min(8, shape.newTokens)
  const generate = async (n: number) => result(await lm.generate(requests, greedy(n))())
  await generate(tokens)
  timings.start()
  await generate(1)
  timings.stop()
  const prompt = await timings.read()
  timings.start()
  await generate(tokens)
  timings.stop()
  const decoded = await timings.read()
  lm.dispose()

  process.stdout.write(`${JSON.stringify({ bySubmit, step, prompt, decoded: { tokens, ...decoded } })}\n`)
}

main(process.argv.slice(2)).catch((cause: unknown) => {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
})
