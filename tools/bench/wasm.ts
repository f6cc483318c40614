/**
 * Where the time of a training step on wasm goes: each of three steps (LoRA of a small llama, LoRA and full training of the
 * arena's model) beside its matmul bound, the time of its matrix products alone, done again by the same kernel on the same
 * shapes. One thread, processor time, medians; the wall times of single kernels are medians over steps.
 *
 *   node --conditions=@safe/source --import tsx tools/bench/wasm.ts [--only small|arena|full] [--steps 11] [--kernels 12]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Example, type Fault, faultLine } from '@safe/tensor-core/contracts'
import { selectEngine, tf } from '@safe/tensor-core/engine'
import { decodeModelConfig, writeSafetensors } from '@safe/tensor-core/formats'
import {
  type LogRow,
  type TrainingRecipe,
  parameterShapes,
  recipeDefaults,
  trainAdapter,
  trainModel,
} from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import type { Either } from 'fp-ts/Either'

// what is measured -------------------------------------------------------------------------------

interface Step {
  readonly name: string
  readonly what: string
  readonly vocabulary: number
  readonly hidden: number
  readonly intermediate: number
  readonly layers: number
  readonly rows: number
  /** Tokens of row i: prompt and response. */
  readonly lengths: (i: number) => readonly [number, number]
  readonly recipe: Partial<TrainingRecipe>
  readonly full: boolean
  /** Steps before the first that is measured. */
  readonly warm: number
}

const arena = {
  vocabulary: 330,
  hidden: 96,
  intermediate: 256,
  layers: 4,
  rows: 16,
  // The arena's rows: about 550 tokens in 16 rows.
  lengths: (i: number) => [10 + (i % 5), 16 + ((i * 7) % 13)] as const,
}

const steps: ReadonlyArray<Step> = [
  {
    name: 'small',
    what: 'LoRA, 6 layers x 256, vocabulary 4000, 8 x 128 tokens, q,v rank 16',
    ...{ vocabulary: 4000, hidden: 256, intermediate: 704, layers: 6, rows: 8 },
    lengths: () => [64, 64],
    recipe: { rank: 16 },
    full: false,
    warm: 8,
  },
  {
    name: 'arena',
    what: "LoRA of the arena's model, 4 layers x 96, 16 rows, all-linear rank 8",
    ...arena,
    recipe: { rank: 8, alpha: 16, targetModules: ['all-linear'] },
    full: false,
    warm: 60,
  },
  {
    name: 'full',
    what: "full training of the arena's model, 16 rows",
    ...arena,
    recipe: {},
    full: true,
    warm: 60,
  },
]

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

// a model and its rows ---------------------------------------------------------------------------

const right = <A>(e: Either<Fault, A>): A => {
  if (e._tag === 'Left') throw new Error(faultLine(e.left))
  return e.right
}

const writeModel = async (folder: string, s: Step): Promise<void> => {
  const json = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: s.vocabulary,
    hidden_size: s.hidden,
    intermediate_size: s.intermediate,
    num_hidden_layers: s.layers,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: s.hidden / 4,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: true,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json))
  const draws = stream(1, 'bench')
  const values = (size: number, norm: boolean): Float32Array =>
    Float32Array.from({ length: size }, () => (norm ? 1 : 0.04 * (2 * draws.uniform() - 1)))
  const config = right(decodeModelConfig(folder)(json))
  right(
    await writeSafetensors(
      join(folder, 'model.safetensors'),
      parameterShapes(config).map(({ name, shape }) => ({
        name,
        shape,
        dtype: 'F32' as const,
        values: values(
          shape.reduce((n, d) => n * d, 1),
          name.includes('norm'),
        ),
      })),
      { format: 'pt' },
    )(),
  )
}

const examples = (s: Step): ReadonlyArray<Example> => {
  const draws = stream(2, 'bench')
  const tokens = (n: number): number[] => Array.from({ length: n }, () => draws.integer(s.vocabulary))
  return Array.from({ length: s.rows }, (_, i) => {
    const [prompt, response] = s.lengths(i)
    return {
      id: String(i),
      raw: String(i),
      fields: {},
      prompt: { kind: 'tokens', tokens: tokens(prompt) },
      response: { kind: 'tokens', tokens: tokens(response) },
    }
  })
}

// recording --------------------------------------------------------------------------------------

interface Call {
  readonly kernel: string
  readonly shape: string
  readonly seconds: number
  readonly product?: { readonly a: number[]; readonly b: number[]; readonly attrs: tf.NamedAttrMap }
}

const median = (xs: ReadonlyArray<number>): number =>
  [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)] ?? NaN
const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** Matrix products, alone and with an addition. */
const products = new Set<string>([tf.BatchMatMul, 'MatMulAdd'])

/** Puts a clock around every kernel; while it is off, nothing but a test of a flag is added. */
const recorder = (): { start: () => void; stop: () => ReadonlyArray<Call>; remove: () => void } => {
  let calls: Call[] = []
  let on = false
  let inside = false
  const originals = tf.getKernelsForBackend('wasm')
  const shown = (u: unknown): string =>
    Object.values(u as Record<string, tf.TensorInfo>)
      .flat()
      .map((t) => (t === undefined ? '-' : `[${t.shape.join()}]`))
      .join(' ')
  for (const config of originals) {
    tf.unregisterKernel(config.kernelName, 'wasm')
    tf.registerKernel({
      ...config,
      kernelFunc: (params) => {
        if (!on || inside) return config.kernelFunc(params)
        inside = true
        const started = performance.now()
        try {
          return config.kernelFunc(params)
        } finally {
          const seconds = (performance.now() - started) / 1000
          inside = false
          const { a, b } = params.inputs
          const isProduct = products.has(config.kernelName) && a !== undefined && b !== undefined
          calls.push({
            kernel: config.kernelName,
            shape: shown(params.inputs),
            seconds,
            ...(isProduct ? { product: { a: a.shape, b: b.shape, attrs: params.attrs ?? {} } } : {}),
          })
        }
      },
    })
  }
  return {
    start: () => {
      calls = []
      on = true
    },
    stop: () => {
      on = false
      return calls
    },
    remove: () => {
      for (const config of originals) {
        tf.unregisterKernel(config.kernelName, 'wasm')
        tf.registerKernel(config)
      }
    },
  }
}

/** Processor time of the recorded products alone, in the order of the step, by the kernel itself. */
const productsAlone = (calls: ReadonlyArray<Call>, rounds: number): ReadonlyArray<number> => {
  const kernel = tf.getKernel(tf.BatchMatMul, 'wasm')
  const recorded = calls.flatMap((c) => (c.product === undefined ? [] : [c.product]))
  const operands = new Map<string, tf.Tensor>()
  const of = (shape: number[]): tf.Tensor => {
    const there = operands.get(shape.join()) ?? tf.randomNormal(shape)
    operands.set(shape.join(), there)
    return there
  }
  const work = recorded.map(({ a, b, attrs }) => ({ inputs: { a: of(a), b: of(b) }, attrs }))
  const backend = tf.backend()
  const once = (): void => {
    for (const { inputs, attrs } of work) {
      const out = kernel.kernelFunc({ inputs, attrs, backend })
      if (!Array.isArray(out)) backend.disposeData(out.dataId)
    }
  }
  once()
  once()
  const times = Array.from({ length: rounds }, () => {
    const started = cpuSeconds()
    once()
    return cpuSeconds() - started
  })
  operands.forEach((t) => t.dispose())
  return times
}

// one measurement --------------------------------------------------------------------------------

const ms = (seconds: number): string => (seconds * 1000).toFixed(1)
const spread = (xs: ReadonlyArray<number>): string =>
  `${ms(median(xs))} ms (${ms(Math.min(...xs))} to ${ms(Math.max(...xs))}, n ${xs.length})`

const measure = async (s: Step, count: number, shownKernels: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wasm-'))
  try {
    await writeModel(folder, s)
    // The compiler's threads count as processor time: they must have finished.
    const warm = s.warm
    const recorded = 5
    const total: number[] = []
    const runs: Array<ReadonlyArray<Call>> = []
    const clock = recorder()
    let [done, started] = [0, 0]
    // A step lasts from one report to the next: planning, both passes, clipping, AdamW.
    const onStep = (_: LogRow): void => {
      const now = cpuSeconds()
      if (done > warm && done <= warm + count) total.push(now - started)
      if (done > warm + count) runs.push(clock.stop())
      done += 1
      if (done > warm + count) clock.start()
      started = cpuSeconds()
    }
    const recipe: TrainingRecipe = {
      ...{ ...recipeDefaults, dropout: 0, batchSize: s.rows, shuffle: false, ...s.recipe },
      maxSteps: warm + 1 + count + recorded,
    }
    const request = {
      ...{ model: folder, data: { name: s.name, examples: examples(s) }, recipe, seed: 1, onStep },
    }
    if (s.full) right(await trainModel({ ...request, out: join(folder, 'out') })())
    else right(await trainAdapter(request)())
    clock.stop()
    clock.remove()

    const first = runs[0] ?? []
    const bound = productsAlone(first, 11)
    const kernels = first.map((call, i) => ({
      ...call,
      seconds: median(runs.map((r) => r[i]?.seconds ?? NaN)),
    }))
    const inKernels = kernels.reduce((sum, k) => sum + k.seconds, 0)
    console.log(`\n${s.name}: ${s.what}`)
    console.log(`  step            ${spread(total)}`)
    console.log(`  products alone  ${spread(bound)}`)
    console.log(`  ratio           ${(median(total) / median(bound)).toFixed(2)}`)
    console.log(`  kernels         ${kernels.length}, ${ms(inKernels)} ms of wall time`)
    for (const [title, key] of [
      ['kernel', (c: Call) => c.kernel],
      ['kernel and shapes', (c: Call) => `${c.kernel} ${c.shape}`],
    ] as const) {
      const sums = new Map<string, { seconds: number; calls: number }>()
      for (const k of kernels) {
        const sum = sums.get(key(k)) ?? { seconds: 0, calls: 0 }
        sums.set(key(k), { seconds: sum.seconds + k.seconds, calls: sum.calls + 1 })
      }
      console.log(`      ms  calls  ${title}`)
      ;[...sums]
        .sort(([, a], [, b]) => b.seconds - a.seconds)
        .slice(0, shownKernels)
        .forEach(([name, sum]) =>
          console.log(`  ${ms(sum.seconds).padStart(6)} ${String(sum.calls).padStart(6)}  ${name}`),
        )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const main = async (): Promise<void> => {
  right(await selectEngine('wasm')())
  const only = option('--only', '')
  for (const s of steps)
    if (only === '' || only === s.name)
      await measure(s, Number(option('--steps', '11')), Number(option('--kernels', '12')))
}

void main()
