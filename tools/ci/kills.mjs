/**
 * Runs that are killed (SIGKILL, at random moments) and resumed until they end must give the same result as an undisturbed run, to
 * the bit: training of an adapter (dropout, accumulation, cosine schedule) with its log, training of all weights, and sampled
 * generation. It takes minutes, so it is not part of `npm test`; it needs the build.
 *
 *     npm run build && node tools/ci/kills.mjs [KILLS per kind, default 30]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, finish } from './count.mjs'

const wanted = Number(process.argv[2] ?? 30)
const binary = join('packages', 'tensor-core', 'bin', 'tensor-core.cjs')
const model = join('packages', 'tensor-core', 'test', 'golden', 'lm', 'grouped')
const folder = mkdtempSync(join(tmpdir(), 'safe-kills-'))
const rows = join(folder, 'rows.jsonl')
const ids = (n, seed) => Array.from({ length: n }, (_, i) => 3 + ((seed * 31 + i * 17 + seed * i) % 57))
writeFileSync(
  rows,
  Array.from({ length: 60 }, (_, i) =>
    JSON.stringify({ promptTokens: ids(2 + (i % 7), i), responseTokens: ids(3 + (i % 5), i + 99) }),
  ).join('\n'),
)

const file = (name) => readFileSync(join(folder, name))
/** A log without its times. */
const timeless = (name) =>
  Buffer.from(
    file(name)
      .toString('utf8')
      .replaceAll(/,"seconds":[^}]*/g, ''),
  )

const training = (name) => ['--model', model, '--data', rows, '--out', join(folder, name)]
const log = (name) => ['--log', join(folder, `${name}.log`), '--checkpoint-every', '1']
const kinds = {
  'train an adapter': {
    argv: (name) => [
      'train',
      ...training(name),
      ...log(name),
      ...'--rank 4 --target-modules all-linear --dropout 0.2 --accumulate 2 --schedule cosine --warmup-steps 3'.split(
        ' ',
      ),
      ...'--batch-size 3 --epochs 10 --lr 5e-3'.split(' '),
    ],
    result: (name) => [file(join(name, 'adapter_model.safetensors')), timeless(`${name}.log`)],
  },
  'train all weights': {
    argv: (name) => [
      'train',
      '--full',
      ...training(name),
      ...log(name),
      ...'--accumulate 2 --schedule cosine --batch-size 3 --epochs 8 --lr 1e-3'.split(' '),
    ],
    result: (name) => [file(join(name, 'model.safetensors')), timeless(`${name}.log`)],
  },
  generate: {
    argv: (name) => [
      'generate',
      '--model',
      model,
      '--prompts',
      rows,
      '--out',
      join(folder, `${name}.jsonl`),
      ...'--batch-size 1 --max-new-tokens 100 --temperature 0.9 --top-k 50 --top-p 0.95 --repetition-penalty 1.1'.split(
        ' ',
      ),
    ],
    result: (name) => [file(`${name}.jsonl`)],
  },
}

/** Runs a command and kills it after `limit` milliseconds, where given. @returns whether it was killed */
const run = async (argv, limit) => {
  const child = spawn('node', [binary, ...argv, '--engine', 'wasm', '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const timer = limit === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limit)
  const [code, signal] = await new Promise((done) => child.on('close', (c, s) => done([c, s])))
  clearTimeout(timer)
  if (signal === 'SIGKILL') return true
  if (code !== 0) throw new Error(`exit ${code}: ${said}`)
  return false
}

for (const [kind, { argv, result }] of Object.entries(kinds)) {
  const name = kind.replaceAll(' ', '-')
  const started = Date.now()
  await run(argv(`${name}-whole`))
  const whole = Date.now() - started
  let [kills, ends, problem] = [0, 0, undefined]
  try {
    while (kills < wanted) {
      const parts = `${name}-${ends}`
      let resume = []
      // A moment anywhere in a run; later with every kill, so that a slow machine makes progress too.
      for (
        let n = 0;
        await run([...argv(parts), ...resume], (0.2 + 0.7 * Math.random()) * whole * (1 + n / 10));
        n++
      ) {
        kills += 1
        resume = ['--resume']
      }
      ends += 1
      const same = result(`${name}-whole`).every((bytes, i) => bytes.equals(result(parts)[i]))
      if (!same) throw new Error('the result differs from that of an undisturbed run')
    }
  } catch (cause) {
    problem = cause.message
  }
  check(`${kind}: ${kills} kills, ${ends} runs that ended`, problem)
}
rmSync(folder, { recursive: true, force: true })
finish('kills')
