/** Opens judges by their specification. What a judge asks (a model in this process, a server) is loaded when it is first asked. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Judge, type JudgeError, type PairwiseJudge, type StorageDtype, badInput } from '../contracts'
import type { HubUse } from '../hub'
import { type JudgeSpec, parseJudgeSpec } from './judgeSpec'
import { judgeNamed } from './registry'

// model ------------------------------------------------------------------------------------------

/** How judges are run. */
export interface JudgeUse extends HubUse {
  /** How the weights of a judge in this process are stored; default float32. */
  readonly dtype?: StorageDtype
  /** Rows a judge in this process reads at once. */
  readonly batchSize?: number
  readonly onWarning?: (line: string) => void
}

/** A judge, and how it is freed. */
export interface OpenedJudge {
  readonly judge: Judge
  /** Frees what it asked; the judge cannot be asked again. */
  readonly dispose: () => void
}

/** A judge of pairs, and how it is freed. */
export interface OpenedPairwise {
  readonly judge: PairwiseJudge
  readonly dispose: () => void
}

// opening ----------------------------------------------------------------------------------------

const specOf = (given: string | JudgeSpec): E.Either<JudgeError, JudgeSpec> =>
  typeof given === 'string' ? parseJudgeSpec(given) : E.right(given)

/**
 * Opens a judge. Its id is known at once: kind, version, and hashes of weights and template.
 *
 * @returns left `UnknownJudge` where there is no such kind, or it needs a model and none is given; `BadOption` for an option it does
 * not have; or why the model cannot be read
 */
export const openJudge = (
  given: string | JudgeSpec,
  _use: JudgeUse = {},
): TE.TaskEither<JudgeError, OpenedJudge> =>
  pipe(
    specOf(given),
    E.chain(({ kind }) => judgeNamed(kind)),
    E.map((judge) => ({ judge, dispose: () => undefined })),
    TE.fromEither,
  )

/** Opens a judge of pairs, `pairwise:MODEL`; as `openJudge`. */
export const openPairwise = (
  given: string | JudgeSpec,
  _use: JudgeUse = {},
): TE.TaskEither<JudgeError, OpenedPairwise> =>
  pipe(
    specOf(given),
    E.chain(({ kind }): E.Either<JudgeError, never> =>
      E.left(badInput('UnknownJudge', `${kind} does not compare answers`)),
    ),
    TE.fromEither,
  )
