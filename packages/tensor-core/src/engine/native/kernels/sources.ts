/**
 * The C++ sources of the fused operations, beside this module: TensorFlow ops of our own for processors, one pass over memory where
 * TensorFlow would make five to fourteen, and attention over a cache that is written in place. They are registered through
 * TensorFlow's stable C API and compiled by `engine build`.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { EngineError } from '../../../contracts'
import { readAsset } from '../../asset'

// files ------------------------------------------------------------------------------------------

/** Compiled, one by one. */
export const units = [
  'adamW.cc',
  'cachedAttention.cc',
  'causalAttention.cc',
  'crossEntropy.cc',
  'decoderLayer.cc',
  'fewRows.cc',
  'gate.cc',
  'gelu.cc',
  'norm.cc',
  'register.cc',
  'rotary.cc',
  'rowsProduct.cc',
  'softmax.cc',
  'tokenScores.cc',
] as const

/** Included by them. */
export const headers = [
  'brief.h',
  'cachedAttention.h',
  'fewRows.h',
  'lanes.h',
  'ops.h',
  'parallel.h',
  'phases.h',
  'rotary.h',
  'run.h',
  'softmax.h',
  'tensorflow.h',
  'tiles.h',
] as const

/** Paths of what the compiler takes. */
export const unitPaths: ReadonlyArray<string> = units.map((name) => join(__dirname, name))

// digest -----------------------------------------------------------------------------------------

const digestOfSources = (): E.Either<EngineError, string> =>
  pipe(
    [...units, ...headers],
    E.traverseArray((name) =>
      pipe(
        readAsset(__dirname, name),
        E.map((content) => ({ name, content })),
      ),
    ),
    E.map((files) =>
      files
        .reduce(
          (hash, { name, content }) => hash.update(`${name} ${content.length}\n`).update(content),
          createHash('sha256'),
        )
        .digest('hex')
        .slice(0, 16),
    ),
  )

const computed: { digest?: E.Either<EngineError, string> } = {}

/**
 * Identifies the sources: a library compiled from others is not used. Computed on first use.
 * @returns left `EngineFailed` if a source is missing.
 */
export const kernelsDigest = (): E.Either<EngineError, string> => (computed.digest ??= digestOfSources())

/** Whether a library with this digest was compiled from these sources. */
export const isCurrent = (digest: string | number | undefined): boolean =>
  pipe(
    kernelsDigest(),
    E.exists((current) => current === digest),
  )
