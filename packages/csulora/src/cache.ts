/**
 * Decompositions on disk: they depend on the two checkpoints alone, so a second adapter (or another energy, beta or method)
 * pays only for reading. One safetensors file per module, in a folder named by both checkpoints' fingerprints, in doubles, so
 * that results with and without the cache are the same to the last bit.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '@safe/tensor-core/contracts'
import { readSafetensors, writeSafetensors } from '@safe/tensor-core/formats'
import type { Large, RankRule } from '@safe/tensor-core/linalg'
import { type Kept, keptIn, tensorsOf } from './cacheFile'
import type { CheckpointPair } from './displacement'

// model ------------------------------------------------------------------------------------------

/**
 * Where decompositions are kept between runs. `get` gives undefined where there is none for this module, displacement
 * and rank rule; an exact one where there is one.
 */
export interface DecompositionCache {
  readonly get: (module: string, v: Large, rank: RankRule) => TE.TaskEither<FormatError, Kept | undefined>
  readonly put: (module: string, rank: RankRule, d: Kept) => TE.TaskEither<FormatError, void>
}

/** Keeps nothing. */
export const noCache: DecompositionCache = { get: () => TE.right(undefined), put: () => TE.right(undefined) }

const version = 'csulora decomposition 1'

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
      const filter = (module: string): string => join(folder, key, `${name(module)}.filter.safetensors`)
      const pathOf = (module: string, rank: RankRule, { kind }: Kept): string =>
        ({ spectrum: exact, range: ranged, filter })[kind](module, rank)
      return {
        get: (module, v, rank) => {
          const found = [exact(module), ranged(module, rank), filter(module)].find((path) => existsSync(path))
          return found === undefined
            ? TE.right(undefined)
            : pipe(
                readSafetensors(found),
                TE.chain((file) => keptIn(file, v)),
              )
        },
        put: (module, rank, d) =>
          writeSafetensors(pathOf(module, rank, d), tensorsOf(d), {
            module,
            version,
            base: a,
            aligned: b,
          }),
      }
    }),
  )
