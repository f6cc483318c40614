/**
 * The webgpu engine in a child process, whose environment names the driver: runs the contract, compares commands with the wasm
 * engine, loses the device. Sends the results.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../../src/cli/binary'
import { contractCases } from '../../src/cli/contractCases'
import { runBinary } from '../../src/cli/kit'
import { selectEngine, tf } from '../../src/engine'
import { runContract } from '../../src/engine/contract'
import { openWeights } from '../../src/formats'
import { golden, goldenFolder, run } from '../lm/golden'

const memory = (): { tensors: number; bytesOnDevice: number } => {
  const m: { numTensors: number; numBytesInGPU?: number } = tf.memory()
  return { tensors: m.numTensors, bytesOnDevice: m.numBytesInGPU ?? 0 }
}

const rowsOf = (path: string): ReadonlyArray<unknown> =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

const weightsOf = async (path: string): Promise<Record<string, number[]>> => {
  const opened = await run(openWeights(path))
  const all: Record<string, number[]> = {}
  for (const name of opened.tensors.keys()) all[name] = Array.from(await run(opened.read(name)))
  return all
}

const commands = async (): Promise<unknown> => {
  const work = mkdtempSync(join(tmpdir(), 'webgpu-'))
  const model = join(goldenFolder, 'grouped')
  const data = join(work, 'rows.jsonl')
  writeFileSync(data, golden.lora.rows.map((r) => `${JSON.stringify(r)}\n`).join(''))
  const results: Record<string, unknown> = {}
  for (const engine of ['wasm', 'webgpu']) {
    const of = (name: string): string => join(work, `${engine}-${name}`)
    const command = async (...argv: ReadonlyArray<string>): Promise<void> => {
      const errors: string[] = []
      const output = { stdout: () => undefined, stderr: (s: string) => errors.push(s) }
      const code = await runBinary(binary, [...argv, '--engine', engine, '--quiet'], output)
      if (code !== 0) throw new Error(`${argv[0] ?? ''} on ${engine}: ${errors.join('')}`)
    }
    const source = ['--model', model, '--data', data]
    const train = [...source, '--max-steps', '2', '--batch-size', '3']
    const adapter = join(model, 'adapter')
    await command('score', ...source, '--adapter', adapter, '--out', of('scores'))
    const before = memory()
    await command('score', ...source, '--adapter', adapter, '--out', of('again'))
    await command(
      'generate',
      '--model',
      model,
      '--prompts',
      data,
      '--out',
      of('texts'),
      '--max-new-tokens',
      '6',
    )
    await command('train', ...train, '--rank', '4', '--out', of('lora'), '--log', of('lora.log'))
    await command('train', ...train, '--full', '--out', of('full'), '--log', of('full.log'))
    await command('merge', '--model', model, '--adapter', of('lora'), '--out', of('merged'))
    results[engine] = {
      before,
      after: memory(),
      scores: rowsOf(of('scores')),
      texts: rowsOf(of('texts')),
      losses: [...rowsOf(of('lora.log')), ...rowsOf(of('full.log'))],
      lora: await weightsOf(join(of('lora'), 'adapter_model.safetensors')),
      full: await weightsOf(join(of('full'), 'model.safetensors')),
      merged: await weightsOf(join(of('merged'), 'model.safetensors')),
    }
  }
  results['leftovers'] = readdirSync(work).filter((name) => name.startsWith('.'))
  rmSync(work, { recursive: true })
  return results
}

const errorOf = (work: () => unknown): string => {
  try {
    work()
    return 'nothing'
  } catch (cause) {
    return String(cause)
  }
}

const isLosable = (u: unknown): u is { readonly device: { readonly destroy: () => void } } =>
  typeof u === 'object' && u !== null && 'device' in u

const faults = async (): Promise<unknown> => {
  await run(selectEngine('webgpu'))
  const limit = 2 ** 33
  const tooLarge = errorOf(() => tf.tidy(() => tf.fill([limit / 4 + 1], 1)))
  const still = Array.from(tf.tidy(() => tf.add(tf.tensor1d([1, 2]), 1).dataSync()))
  const x = tf.add(tf.tensor1d([1, 2]), 1)
  const backend: unknown = tf.backend()
  if (isLosable(backend)) backend.device.destroy()
  const lostLater = await x.data().then(
    () => 'nothing',
    (cause: unknown) => String(cause),
  )
  return { tooLarge, still, lostLater, lostInSync: errorOf(() => x.dataSync()) }
}

const contract = async (): Promise<unknown> => {
  const report = await run(selectEngine('webgpu'))
  return { report, result: runContract(contractCases) }
}

const modes: Readonly<Record<string, () => Promise<unknown>>> = { contract, commands, faults }

void (modes[process.argv[2] ?? ''] ?? (() => Promise.reject(new Error('no such mode'))))().then((result) => {
  // sending a long result takes a while
  process.send?.(result, undefined, undefined, () => process.disconnect())
})
