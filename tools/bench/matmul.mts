/**
 * Speed of matrix products by shape, one table row per shape: plain, right transposed, left transposed. In GFLOP per second of
 * processor time, which a busy machine disturbs less than wall time.
 *
 *   node --conditions=@safe/source --import tsx tools/bench/matmul.mts --engine wasm|native|cuda|cpu|tfjs-wasm
 *
 * `tfjs-wasm` is TensorFlow.js's own wasm kernel, without this repository's. SAFE_THREADS=1 gives native's speed per core.
 */
import { selectEngine, tf } from '@safe/tensor-core/engine'

const shapes: ReadonlyArray<readonly [batch: number, m: number, k: number, n: number, what: string]> = [
  [1, 512, 768, 768, 'projection, 768 wide'],
  [1, 512, 768, 3072, 'MLP, 768 wide'],
  [1, 640, 96, 96, 'projection, 96 wide'],
  [1, 640, 96, 256, 'MLP, 96 wide'],
  [1, 640, 96, 8, 'LoRA down, rank 8'],
  [1, 640, 8, 96, 'LoRA up, rank 8'],
  [1, 16, 96, 330, 'decoding, head'],
  [64, 40, 24, 40, 'attention scores, 16 x 4 heads'],
  [64, 40, 40, 24, 'attention values, 16 x 4 heads'],
  [64, 1, 24, 40, 'attention of one token'],
  [96, 256, 64, 256, 'attention scores, 8 x 12 heads'],
  [16, 8, 40, 96, 'per-example LoRA gradient'],
]

const engine = process.argv[process.argv.indexOf('--engine') + 1] ?? 'wasm'
const seconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const select = async (): Promise<void> => {
  if (engine === 'tfjs-wasm') {
    await tf.setBackend('wasm')
    return
  }
  const selected = await selectEngine(engine)()
  if (selected._tag === 'Left') throw new Error(selected.left.message)
}

const main = async (): Promise<void> => {
  await select()
  const speed = (flop: number, work: () => tf.Tensor): number => {
    const once = (): void => {
      const out = work()
      out.dataSync()
      out.dispose()
    }
    for (let i = 0; i < 3; i++) once()
    const rounds = Math.max(3, Math.min(2000, Math.round(3e8 / flop)))
    const best = Math.min(
      ...[0, 1, 2, 3].map(() => {
        const started = seconds()
        for (let i = 0; i < rounds; i++) once()
        return (seconds() - started) / rounds
      }),
    )
    return flop / best / 1e9
  }
  console.log(`| product on ${engine} | batch x m x k x n | plain | right transposed | left transposed |`)
  console.log('| --- | --- | --- | --- | --- |')
  for (const [batch, m, k, n, what] of shapes) {
    const of = (rows: number, cols: number) =>
      batch === 1 ? tf.randomNormal([rows, cols]) : tf.randomNormal([batch, rows, cols])
    const [a, b, at, bt] = [of(m, k), of(k, n), of(k, m), of(n, k)]
    const flop = 2 * batch * m * k * n
    const cells = [
      speed(flop, () => tf.matMul(a, b)),
      speed(flop, () => tf.matMul(a, bt, false, true)),
      speed(flop, () => tf.matMul(at, b, true, false)),
    ].map((x) => x.toFixed(1))
    console.log(`| ${what} | ${batch} x ${m} x ${k} x ${n} | ${cells.join(' | ')} |`)
    tf.dispose([a, b, at, bt])
  }
}

void main()
