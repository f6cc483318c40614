/**
 * Compares csulora with a dense PyTorch script, in one run on one machine: the attention matrices of some layers of a
 * Llama-3-8B-shaped pair (four of 128 per layer), time, memory, and the difference of the two results.
 *
 *   PYTHON=path/to/python node tools/bench/csulora/run.mjs [--layers 1] [--hidden 4096] [--kv 1024] [--threads 1]
 *
 * PYTHON needs torch and safetensors. Smaller `--hidden` and `--kv` give a faster run of the same kind of work.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    layers: { type: 'string', default: '1' },
    hidden: { type: 'string', default: '4096' },
    kv: { type: 'string', default: '1024' },
    threads: { type: 'string', default: '1' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const python = process.env.PYTHON ?? 'python3'
const folder = mkdtempSync(join(tmpdir(), 'csulora-bench-'))
const shape = ['--layers', values.layers, '--hidden', values.hidden, '--kv', values.kv]
const dense = (step, ...more) =>
  execFileSync(python, [join(here, 'dense.py'), step, folder, ...shape, ...more], { encoding: 'utf8' })
const json = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))

try {
  dense('make')
  dense('correct', '--threads', values.threads)
  execFileSync(
    process.execPath,
    [
      '--conditions=@safe/source',
      '--import',
      'tsx',
      join(root, 'packages/csulora/src/bin/csulora.ts'),
      ...['--adapter', join(folder, 'adapter'), '--out', join(folder, 'out')],
      ...['--base', join(folder, 'base.safetensors'), '--aligned', join(folder, 'aligned.safetensors')],
      ...['--report', join(folder, 'report.json')],
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const [theirs, ours] = [json('dense.json'), json('report.json')]
  const largest = 4 * Number(values.hidden) ** 2
  console.log(
    JSON.stringify(
      {
        share: `${4 * Number(values.layers)} of 128 attention matrices, hidden ${values.hidden}, kv ${values.kv}`,
        threads: Number(values.threads),
        dense: { seconds: theirs.seconds, cpuSeconds: theirs.cpuSeconds, peakBytes: theirs.peakBytes },
        csulora: {
          seconds: ours.seconds,
          cpuSeconds: ours.cpuSeconds,
          peakBytes: ours.peakBytes,
          peakInLargestMatrices: ours.peakBytes / largest,
        },
        speedup: theirs.seconds / ours.seconds,
        cpuSpeedup: theirs.cpuSeconds / ours.cpuSeconds,
        ...JSON.parse(dense('compare')),
        modules: ours.modules.map((m) => ({
          name: m.name,
          shape: m.shape,
          route: m.route,
          seconds: m.seconds,
          rank: m.rankLeft,
          denseRank: theirs.modules.find(({ name }) => name === m.name).rank,
        })),
      },
      null,
      2,
    ),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
