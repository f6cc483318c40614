/** What is kept of a displacement between runs, as tensors of one safetensors file. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type NamedTensor, badInput } from '@safe/tensor-core/contracts'
import type { SafetensorsFile } from '@safe/tensor-core/formats'
import { type Decomposition, type Dense, type Filtered, type Large, dense } from '@safe/tensor-core/linalg'

// model ------------------------------------------------------------------------------------------

/** A decomposition, or what a filter needs for any cut: leading directions and moments of the rest. */
export type Kept = Decomposition | Filtered

// encoding ---------------------------------------------------------------------------------------

const doubles = (name: string, shape: ReadonlyArray<number>, x: Float64Array): NamedTensor => ({
  name,
  dtype: 'F64',
  shape,
  bytes: new Uint8Array(x.buffer, x.byteOffset, x.byteLength),
})

/** What lies right of the diagonal, row by row: half of the square. */
const packed = (d: Dense): Float64Array => {
  const n = d.rows
  const out = new Float64Array((n * (n - 1)) / 2)
  let to = 0
  for (let i = 0; i < n - 1; i++) {
    out.set(d.data.subarray(i * n + i + 1, (i + 1) * n), to)
    to += n - 1 - i
  }
  return out
}

const unpacked = (n: number, x: Float64Array): Dense => {
  const out = new Float64Array(n * n)
  let from = 0
  for (let i = 0; i < n - 1; i++) {
    out.set(x.subarray(from, from + n - 1 - i), i * n + i + 1)
    from += n - 1 - i
  }
  return dense(n, n, out)
}

/** The tensors of one module's file. */
export const tensorsOf = (d: Kept): ReadonlyArray<NamedTensor> => {
  if (d.kind === 'range') {
    const { U, V, values, total, capturedLeft, capturedRight, angle } = d.range
    return [
      doubles('U', [U.rows, U.cols], U.data),
      doubles('V', [V.rows, V.cols], V.data),
      doubles('values', [values.length], values),
      doubles('measures', [4], Float64Array.of(total, capturedLeft, capturedRight, angle)),
    ]
  }
  if (d.kind === 'filter') {
    const { leading, total, removed, moments } = d
    return [
      doubles('near', [leading.near.rows, leading.near.cols], leading.near.data),
      doubles('far', [leading.far.rows, leading.far.cols], leading.far.data),
      doubles('moments', [moments.values.rows, moments.values.cols], moments.values.data),
      doubles('measures', [3], Float64Array.of(total, removed, moments.bound)),
    ]
  }
  const { T, reflectors, taus } = d.reduction
  const n = taus.length
  return [
    doubles('diagonal', [n], T.diagonal),
    doubles('off_diagonal', [n - 1], T.offDiagonal),
    doubles('taus', [n], taus),
    doubles('reflectors', [(n * (n - 1)) / 2], packed(reflectors)),
    doubles('squares', [n], d.squares),
  ]
}

// decoding ---------------------------------------------------------------------------------------

const stale = (file: SafetensorsFile): FormatError =>
  badInput('FileDamaged', 'is not a decomposition of this module', {
    where: file.path,
    remedy: 'delete the cache folder',
  })

const readDoubles = (
  file: SafetensorsFile,
  name: string,
  length: number,
): TE.TaskEither<FormatError, Float64Array> =>
  pipe(
    file.tensors.has(name) ? file.readRaw(name) : TE.left(stale(file)),
    TE.chainEitherK((t): E.Either<FormatError, Float64Array> => {
      if (t.dtype !== 'F64' || t.bytes.byteLength !== 8 * length) return E.left(stale(file))
      const aligned = t.bytes.byteOffset % 8 === 0 ? t.bytes : t.bytes.slice()
      return E.right(new Float64Array(aligned.buffer, aligned.byteOffset, length))
    }),
  )

const spectrumOf = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Kept> => {
  const n = Math.min(v.rows, v.cols)
  return pipe(
    TE.Do,
    TE.bind('diagonal', () => readDoubles(file, 'diagonal', n)),
    TE.bind('offDiagonal', () => readDoubles(file, 'off_diagonal', n - 1)),
    TE.bind('taus', () => readDoubles(file, 'taus', n)),
    TE.bind('squares', () => readDoubles(file, 'squares', n)),
    TE.bind('reflectors', () => readDoubles(file, 'reflectors', (n * (n - 1)) / 2)),
    TE.map(({ diagonal, offDiagonal, taus, squares, reflectors }) => ({
      kind: 'spectrum',
      side: v.rows <= v.cols ? 'left' : 'right',
      reduction: { T: { diagonal, offDiagonal }, taus, reflectors: unpacked(n, reflectors) },
      squares,
    })),
  )
}

const rangeOf = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Kept> => {
  const k = file.tensors.get('values')?.shape[0] ?? 0
  return pipe(
    TE.Do,
    TE.bind('U', () => readDoubles(file, 'U', v.rows * k)),
    TE.bind('V', () => readDoubles(file, 'V', v.cols * k)),
    TE.bind('values', () => readDoubles(file, 'values', k)),
    TE.bind('measures', () => readDoubles(file, 'measures', 4)),
    TE.map(({ U, V, values, measures: [total = 0, capturedLeft = 0, capturedRight = 0, angle = 0] }) => ({
      kind: 'range',
      range: {
        U: dense(v.rows, k, U),
        V: dense(v.cols, k, V),
        values,
        total,
        capturedLeft,
        capturedRight,
        angle,
      },
    })),
  )
}

const filterOf = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Kept> => {
  const [short, long] = [Math.min(v.rows, v.cols), Math.max(v.rows, v.cols)]
  const k = file.tensors.get('near')?.shape[1] ?? 0
  const [rows = 0, probes = 0] = file.tensors.get('moments')?.shape ?? []
  return pipe(
    TE.Do,
    TE.bind('near', () => readDoubles(file, 'near', short * k)),
    TE.bind('far', () => readDoubles(file, 'far', long * k)),
    TE.bind('moments', () => readDoubles(file, 'moments', rows * probes)),
    TE.bind('measures', () => readDoubles(file, 'measures', 3)),
    TE.map(({ near, far, moments, measures: [total = 0, removed = 0, bound = 0] }) => ({
      kind: 'filter',
      leading: { near: dense(short, k, near), far: dense(long, k, far) },
      total,
      removed,
      moments: { n: short, bound, values: dense(rows, probes, moments) },
    })),
  )
}

/** What a file keeps of the displacement V. */
export const keptIn = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Kept> =>
  file.tensors.has('near')
    ? filterOf(file, v)
    : file.tensors.has('U')
      ? rangeOf(file, v)
      : spectrumOf(file, v)
