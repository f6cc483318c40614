/** The child process of `check`: loads a built engine, multiplies, and sends its findings to the parent. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { causeLine } from '../../contracts'
import { tf } from '../tf'
import { layout, variants } from './home'
import { startNative } from './start'

const size = 256

/** A fixed pseudo-random matrix with entries in [-1, 1). */
const entries = (seed: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453
    return 2 * (x - Math.floor(x)) - 1
  })

const productError = (a: Float32Array, b: Float32Array, c: ArrayLike<number>): number => {
  const worst = { error: 0, largest: 0 }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let exact = 0
      for (let k = 0; k < size; k++) exact += (a[i * size + k] ?? 0) * (b[k * size + j] ?? 0)
      worst.largest = Math.max(worst.largest, Math.abs(exact))
      worst.error = Math.max(worst.error, Math.abs(exact - (c[i * size + j] ?? Number.NaN)))
    }
  return Number.isNaN(worst.error) ? Infinity : worst.error / worst.largest
}

/** Speed of a 1024 x 1024 product, for the user: a sanity check, not a benchmark. */
const speed = (): number => {
  const n = 1024
  return tf.tidy(() => {
    const a = tf.randomUniform([n, n])
    tf.matMul(a, a).dataSync()
    const rounds = 5
    const started = performance.now()
    for (let i = 0; i < rounds; i++) tf.matMul(a, a).dataSync()
    return (2 * n ** 3 * rounds) / ((performance.now() - started) * 1e6)
  })
}

const check = async (): Promise<void> => {
  const variant = variants.find((v) => v === process.argv[2])
  const folder = process.argv[3]
  if (variant === undefined || folder === undefined) throw new Error('usage: checkChild native|cuda FOLDER')
  const kernels = join(folder, layout.kernels)
  const running = await startNative(variant, {
    addon: join(folder, layout.addon),
    quiet: join(folder, layout.quiet),
    ...(existsSync(kernels) ? { kernels } : {}),
  })()
  const a = entries(1)
  const b = entries(2)
  const c = tf.tidy(() => tf.matMul(tf.tensor2d(a, [size, size]), tf.tensor2d(b, [size, size])).dataSync())
  process.send?.({
    tensorflow: running.versions['tensorflow'],
    device: running.device,
    gpu: running.gpu,
    ...(running.warning === undefined ? {} : { warning: running.warning }),
    error: productError(a, b, c),
    gflops: Math.round(speed()),
  })
}

check().then(
  () => process.disconnect(),
  (cause: unknown) => {
    process.stderr.write(`${causeLine(cause)}\n`)
    process.exitCode = 1
  },
)
