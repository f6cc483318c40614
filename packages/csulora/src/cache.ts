/**
 * Decompositions on disk: they depend on the two checkpoints alone, so a second adapter (or another energy, beta or method)
 * pays only for reading. One safetensors file per module, in a folder named by both checkpoints' fingerprints, in doubles, so
 * that results with and without the cache are the same to the last bit.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type NamedTensor, badInput } from '@safe/tensor-core/contracts'
import { type SafetensorsFile, readSafetensors, writeSafetensors } from '@safe/tensor-core/formats'
import { type Decomposition, type Dense, type Large, type RankRule, dense } from '@safe/tensor-core/linalg'
import type { CheckpointPair } from './displacement'

// model ------------------------------------------------------------------------------------------

/**
 * Where decompositions are kept between runs. `get` gives undefined where there is none for this module, displacement
 * and rank rule.
 */
export interface DecompositionCache {
  readonly get: (
    module: string,
    v: Large,
    rank: RankRule,
  ) => TE.TaskEither<FormatError, Decomposition | undefined>
  readonly put: (module: string, rank: RankRule, d: Decomposition) => TE.TaskEither<FormatError, void>
}

/** Keeps nothing. */
export const noCache: DecompositionCache = { get: () => TE.right(undefined), put: () => TE.right(undefined) }

const version = 'csulora decomposition 1'

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

const tensorsOf = (d: Decomposition): ReadonlyArray<NamedTensor> => {
  if (d.kind === 'range') {
    const { U, V, values, total, capturedLeft, capturedRight, angle } = d.range
    return [
      doubles('U', [U.rows, U.cols], U.data),
      doubles('V', [V.rows, V.cols], V.data),
      doubles('values', [values.length], values),
      doubles('measures', [4], Float64Array.of(total, capturedLeft, capturedRight, angle)),
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

const spectrumOf = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Decomposition> => {
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

const rangeOf = (file: SafetensorsFile, v: Large): TE.TaskEither<FormatError, Decomposition> => {
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

// cache ------------------------------------------------------------------------------------------

const ruleName = (rank: RankRule): string =>
  'fixed' in rank
    ? `rank-${rank.fixed}`
    : `energy-${rank.energy}${rank.max === undefined ? '' : `-at-most-${rank.max}`}`

/** A cache in `folder` for this pair of checkpoints. */
export const openCache = (
  folder: string,
  { base, aligned }: CheckpointPair,
): TE.TaskEither<FormatError, DecompositionCache> =>
  pipe(
    TE.Do,
    TE.bind('a', () => base.fingerprint),
    TE.bind('b', () => aligned.fingerprint),
    TE.map(({ a, b }) => {
      const key = createHash('sha256').update([version, a, b].join('\n')).digest('hex').slice(0, 32)
      const name = (module: string): string => encodeURIComponent(module).replace(/\*/g, '%2A')
      const exact = (module: string): string => join(folder, key, `${name(module)}.safetensors`)
      const ranged = (module: string, rank: RankRule): string =>
        join(folder, key, `${name(module)}.${ruleName(rank)}.safetensors`)
      return {
        get: (module, v, rank) => {
          const found = [exact(module), ranged(module, rank)].find((path) => existsSync(path))
          return found === undefined
            ? TE.right(undefined)
            : pipe(
                readSafetensors(found),
                TE.chain((file) => (file.tensors.has('U') ? rangeOf(file, v) : spectrumOf(file, v))),
              )
        },
        put: (module, rank, d) =>
          writeSafetensors(d.kind === 'range' ? ranged(module, rank) : exact(module), tensorsOf(d), {
            module,
            version,
            base: a,
            aligned: b,
          }),
      }
    }),
  )
