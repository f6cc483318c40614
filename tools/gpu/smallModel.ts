/**
 * The command line on a small trained model, on a GPU and on wasm: a few steps of LoRA, of full training, and greedy completions.
 * Both engines must give the same losses and the same tokens.
 *
 *   smallModel MODEL FOLDER [ENGINE]      works in FOLDER; the last line on stdout is one JSON object
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isLeft } from 'fp-ts/Either'
import * as t from 'io-ts'
import { stream } from '@safe/tensor-core/random'

// model ------------------------------------------------------------------------------------------

const LogRow = t.type({ loss: t.number, seconds: t.number })
const Completion = t.type({ completionTokens: t.array(t.number) })

const [STEPS, ROWS, VOCAB] = [8, 16, 330]
/** Largest relative difference between two engines' losses over up to eight steps. */
const TOLERANCE = 1e-4

const linesOf = <A>(codec: t.Type<A, unknown>, file: string): ReadonlyArray<A> =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const decoded = codec.decode(JSON.parse(line))
      if (isLeft(decoded)) throw new Error(`${file} has an unexpected line: ${line}`)
      return decoded.right
    })

// the command line -------------------------------------------------------------------------------

const program = join(
  dirname(createRequire(__filename).resolve('@safe/tensor-core/package.json')),
  'bin',
  'tensor-core.cjs',
)

const tensorCore = (...args: ReadonlyArray<string>): void => {
  execFileSync(process.execPath, [program, ...args, '--overwrite', '--quiet'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

const writeRows = (file: string): void => {
  const { integer } = stream(1, 'rows')
  const draw = (n: number): ReadonlyArray<number> => Array.from({ length: n }, () => 5 + integer(VOCAB - 5))
  const row = () => JSON.stringify({ promptTokens: draw(8), responseTokens: draw(4 + integer(16)) })
  writeFileSync(file, `${Array.from({ length: ROWS }, row).join('\n')}\n`)
}

const trainOn = (engine: string, model: string, folder: string, ...choice: ReadonlyArray<string>) => {
  const log = join(folder, `${engine}.log.jsonl`)
  tensorCore(
    ...['train', '--model', model, '--data', join(folder, 'rows.jsonl'), '--out', join(folder, engine)],
    ...['--batch-size', String(ROWS), '--max-steps', String(STEPS), '--log', log, '--engine', engine],
    ...choice,
  )
  const rows = linesOf(LogRow, log)
  return { losses: rows.map(({ loss }) => loss), seconds: rows.slice(2).map(({ seconds }) => seconds) }
}

const completeOn = (engine: string, model: string, folder: string) => {
  const out = join(folder, `${engine}.completions.jsonl`)
  tensorCore(
    ...['generate', '--model', model, '--prompts', join(folder, 'rows.jsonl'), '--out', out],
    ...['--max-new-tokens', '24', '--no-eos', '--engine', engine],
  )
  return linesOf(Completion, out).map(({ completionTokens }) => completionTokens)
}

// comparing --------------------------------------------------------------------------------------

const training = (engine: string, model: string, folder: string, ...choice: ReadonlyArray<string>) => {
  const [gpu, wasm] = [trainOn(engine, model, folder, ...choice), trainOn('wasm', model, folder, ...choice)]
  const gap = Math.max(...gpu.losses.map((x, i) => Math.abs(x / (wasm.losses[i] ?? NaN) - 1)))
  return { steps: gpu.losses.length, gap, same: gap <= TOLERANCE, seconds: gpu.seconds, wasm: wasm.seconds }
}

const completions = (engine: string, model: string, folder: string) => {
  const [gpu, wasm] = [completeOn(engine, model, folder), completeOn('wasm', model, folder)]
  const tokens = gpu.flatMap((row, i) => row.map((token, j) => token === wasm[i]?.[j]))
  const equal = tokens.filter((same) => same).length
  return { tokens: tokens.length, equal, same: tokens.length > 0 && equal === tokens.length }
}

const main = ([model = '', folder = '.', engine = 'webgpu']: ReadonlyArray<string>): boolean => {
  writeRows(join(folder, 'rows.jsonl'))
  const rate = ['--lr', '1e-3']
  const lora = training(engine, model, folder, ...['--target-modules', 'all-linear', '--rank', '8', ...rate])
  const full = training(engine, model, folder, '--full', '--lr', '1e-4')
  const decoded = completions(engine, model, folder)
  process.stdout.write(`${JSON.stringify({ lora, full, decoded })}\n`)
  return lora.same && full.same && decoded.same
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1
