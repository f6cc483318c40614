/**
 * Compares csulora with a dense PyTorch script, in one run on one machine, round by round: the attention matrices of some layers of a
 * Llama-3-8B-shaped pair (four of 128 per layer; with --mlp also the MLP's three), time, memory, and what the two results differ in.
 *
 *   PYTHON=path/to/python node tools/bench/csulora/run.mjs [--layers 1] [--hidden 4096] [--kv 1024] [--mlp 14336] [--threads 2]
 *     [--rounds 3] [--engine native] [--sides filter,exact] [--whole-layers 32]
 *
 * PYTHON needs torch and safetensors. Smaller `--hidden` and `--kv` give a faster run of the same kind of work, but matrices of less than
 * 4 Mi entries are exact. `seconds` begin when libraries are loaded, `processSeconds` when the process starts. `whole` is the time and
 * memory of all layers that the measured share implies: modules one after the other, start-up once.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const text = (value) => ({ type: 'string', default: value })
const { values } = parseArgs({
  options: {
    layers: text('1'),
    hidden: text('4096'),
    kv: text('1024'),
    mlp: text('0'),
    threads: text('1'),
    rounds: text('1'),
    engine: text('auto'),
    sides: text('filter,exact'),
    'whole-layers': text('32'),
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const python = process.env.PYTHON ?? 'python3'
const folder = mkdtempSync(join(tmpdir(), 'csulora-bench-'))
const shape = ['layers', 'hidden', 'kv', 'mlp'].flatMap((name) => [`--${name}`, values[name]])
const [layers, wholeLayers] = [Number(values.layers), Number(values['whole-layers'])]
const sides = values.sides.split(',')

// the two sides ----------------------------------------------------------------------------------

const json = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const dense = (step, ...more) =>
  execFileSync(python, [join(here, 'dense.py'), step, folder, ...shape, ...more], { encoding: 'utf8' })

/** A run of a child process, and how long it took from start to end: its own report begins after the libraries are loaded. */
const timed = (run, report) => {
  const started = performance.now()
  run()
  const processSeconds = (performance.now() - started) / 1000
  return { ...json(report), processSeconds }
}

const measureDense = () => timed(() => dense('correct', '--threads', values.threads), 'dense.json')

const measureOurs = (side) => {
  const flags = ['--adapter', join(folder, 'adapter'), '--out', join(folder, side), '--overwrite']
  const pair = ['--base', join(folder, 'base.safetensors'), '--aligned', join(folder, 'aligned.safetensors')]
  const report = ['--report', join(folder, `${side}.json`), '--engine', values.engine]
  const run = () =>
    execFileSync(
      process.execPath,
      [
        '--conditions=@safe/source',
        '--import',
        'tsx',
        join(root, 'packages/csulora/src/bin/csulora.ts'),
        ...[...flags, ...pair, ...report, ...(side === 'exact' ? ['--exact'] : [])],
      ],
      {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, OMP_NUM_THREADS: values.threads, TF_NUM_INTRAOP_THREADS: values.threads },
      },
    )
  return timed(run, `${side}.json`)
}

// numbers ----------------------------------------------------------------------------------------

const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)]
const sum = (xs) => xs.reduce((s, x) => s + x, 0)

/** Time and memory of all layers: each module again for every layer, what is beside the modules once. */
const whole = ({ seconds, peakBytes, modules }) => {
  const inModules = sum(modules.map((m) => m.seconds))
  const matrices = (modules.length / layers) * wholeLayers
  return { matrices, seconds: seconds - inModules + (inModules / layers) * wholeLayers, peakBytes }
}

const largest = 4 * Number(values.hidden) * Math.max(Number(values.hidden), Number(values.mlp))
const used = ({ seconds, processSeconds, cpuSeconds, peakBytes }) => ({
  seconds,
  processSeconds,
  cpuSeconds,
  peakBytes,
  peakInLargestMatrices: peakBytes / largest,
})

const compared = (side, rounds) => {
  const differences = JSON.parse(dense('compare', '--out', side))
  const { dense: theirs, [side]: ours } = rounds.at(-1)
  const ratio = (field) => rounds.map((round) => round.dense[field] / round[side][field])
  return {
    ...used(ours),
    speedups: ratio('seconds'),
    speedup: median(ratio('seconds')),
    processSpeedup: median(ratio('processSeconds')),
    cpuSpeedup: median(ratio('cpuSeconds')),
    whole: whole(ours),
    worstRelativeDifference: Math.max(...Object.values(differences)),
    modules: ours.modules.map((m) => {
      const twin = theirs.modules.find(({ name }) => name === m.name)
      return {
        name: m.name,
        shape: m.shape,
        route: m.route,
        degree: m.degree,
        seconds: m.seconds,
        denseSeconds: twin.seconds,
        rank: m.rankLeft,
        denseRank: twin.rank,
        captured: twin.captured[m.rankLeft - 1],
        estimatedError: m.updateError,
        relativeDifference: differences[m.name],
      }
    }),
  }
}

// the run ----------------------------------------------------------------------------------------

try {
  dense('make')
  const rounds = Array.from({ length: Number(values.rounds) }, () => ({
    dense: measureDense(),
    ...Object.fromEntries(sides.map((side) => [side, measureOurs(side)])),
  }))
  const theirs = rounds.at(-1).dense
  console.log(
    JSON.stringify(
      {
        share: `${theirs.modules.length} matrices of ${layers} of ${wholeLayers} layers, hidden ${values.hidden}, kv ${values.kv}, mlp ${values.mlp}`,
        threads: Number(values.threads),
        dense: { ...used(theirs), whole: whole(theirs) },
        ...Object.fromEntries(sides.map((side) => [side, compared(side, rounds)])),
      },
      null,
      2,
    ),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
