/**
 * Where the time of a training step on wasm goes: each of three steps (LoRA of a small llama, LoRA and full training of the
 * arena's model) beside its matmul bound, the time of its matrix products alone, run again by the same kernel on the same
 * shapes. One thread, processor time, medians; the wall times of single kernels are medians over steps.
 *
 *   node --conditions=@safe/source --import tsx tools/bench/wasm.ts [--only small|arena|full] [--steps 11] [--kernels 12]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selectEngine } from '@safe/tensor-core/engine'
import { type TrainingRecipe, recipeDefaults, trainAdapter, trainModel } from '@safe/tensor-core/lm'
import { type Call, productsAlone, recorder } from './wasm/kernels'
import { examples, writeModel } from './wasm/model'
import { right } from './wasm/right'
import { cpuSeconds, median } from './wasm/statistics'
import { type Step, steps } from './wasm/steps'

const option = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}

// one measurement --------------------------------------------------------------------------------

const ms = (seconds: number): string => (seconds * 1000).toFixed(1)
const spread = (xs: ReadonlyArray<number>): string =>
  `${ms(median(xs))} ms (${ms(Math.min(...xs))} to ${ms(Math.max(...xs))}, n ${xs.length})`

const measure = async (s: Step, count: number, shownKernels: number): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-wasm-'))
  try {
    await writeModel(folder, s)
    // The compiler's threads count as processor time: they must have finished before the first measured step.
    const warm = s.warm
    const recorded = 5
    const total: number[] = []
    const runs: Array<ReadonlyArray<Call>> = []
    const clock = recorder()
    let [done, started] = [0, 0]
    // A step lasts from one report to the next: planning, both passes, clipping, AdamW.
    const onStep = (): void => {
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
