/**
 * A LoRA training step and greedy decoding beside PyTorch with transformers and peft, on one small llama (hidden 256, 6 layers,
 * vocabulary 4000, batch 8 x 128 tokens), with the same threads, in turns. Prints both sides and their ratios.
 *
 *   PYTHON=python3 node --conditions=@safe/source --import tsx tools/bench/lm.mjs [engine]
 *
 * THREADS sets the threads of both sides (default: all cores; on a busy machine 1 is fairer).
 * PYTHON names an interpreter with torch, transformers and peft. Both sides must agree in the losses and in the tokens.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const { greedy, faultLine } = require('@safe/tensor-core/contracts')
const { selectEngine } = require('@safe/tensor-core/engine')
const { readAdapter, readDataset } = require('@safe/tensor-core/formats')
const { loadCausalLM, recipeDefaults, trainAdapter } = require('@safe/tensor-core/lm')

const STEPS = 14
const NEW_TOKENS = 64
const ROWS = 8

const script = join(dirname(fileURLToPath(import.meta.url)), 'lm.py')
const folder = mkdtempSync(join(tmpdir(), 'bench-lm-'))
const threads = process.env.THREADS ?? String(cpus().length)
process.env.SAFE_THREADS = threads
const python = (...args) =>
  execFileSync(process.env.PYTHON ?? 'python3', [script, ...args.map(String)], {
    encoding: 'utf8',
    env: { ...process.env, THREADS: threads, TRANSFORMERS_VERBOSITY: 'error', HF_HUB_OFFLINE: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
const right = (e) => {
  if (e._tag === 'Left') throw new Error(faultLine(e.left))
  return e.right
}
const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)]
const spent = async (work) => {
  const start = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - start) / 1000 }
}

try {
  const engine = right(await selectEngine(process.argv[2] ?? 'native')())
  python('make', folder)
  const data = right(await readDataset(join(folder, 'rows.jsonl'))())
  const init = right(await readAdapter(join(folder, 'adapter'))())

  // training ---------------------------------------------------------------------------------------
  const recipe = { ...recipeDefaults, dropout: 0, batchSize: ROWS, maxSteps: STEPS, shuffle: false }
  const ours = { seconds: [], losses: [] }
  const torch = { seconds: [], losses: [] }
  for (let round = 0; round < 2; round++) {
    const theirs = JSON.parse(python('train', folder, STEPS))
    torch.seconds.push(...theirs.seconds.slice(3))
    torch.losses = theirs.losses
    ours.losses = []
    const seconds = []
    right(
      await trainAdapter({
        ...{ model: join(folder, 'model'), data, recipe, seed: 1, init },
        onStep: (row) => {
          seconds.push(row.seconds)
          ours.losses.push(row.loss)
        },
      })(),
    )
    ours.seconds.push(...seconds.slice(3))
  }
  const lossGap = Math.max(...ours.losses.map((x, i) => Math.abs(x / torch.losses[i] - 1)))

  // decoding ---------------------------------------------------------------------------------------
  const lm = right(await loadCausalLM({ model: join(folder, 'model'), batchSize: ROWS })())
  const prompts = data.examples.map((e) => e.prompt)
  const theirs = JSON.parse(python('decode', folder, NEW_TOKENS))
  const runs = []
  for (let i = 0; i < 4; i++) runs.push(await spent(() => lm.generate(prompts, greedy(NEW_TOKENS))()))
  lm.dispose()
  const same = right(runs[0].result).every(({ tokens }, i) => tokens.join() === theirs.tokens[i].join())
  const speed = (seconds) => (ROWS * NEW_TOKENS) / median(seconds.slice(1))

  const [step, torchStep] = [median(ours.seconds), median(torch.seconds)]
  const [rate, torchRate] = [speed(runs.map((r) => r.seconds)), speed(theirs.seconds)]
  console.log(
    JSON.stringify(
      {
        engine: engine.engine,
        threads: Number(threads),
        training: { step, torchStep, ratio: step / torchStep, largestLossDifference: lossGap },
        decoding: {
          tokensPerSecond: rate,
          torchTokensPerSecond: torchRate,
          ratio: rate / torchRate,
          sameTokens: same,
        },
      },
      null,
      2,
    ),
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
