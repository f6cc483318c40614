/** Opens judges by their specification. What a judge asks (a model in this process, a server) is loaded when it is first asked. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Judge,
  type JudgeError,
  type PairwiseJudge,
  type Steps,
  type StorageDtype,
  badInput,
} from '../contracts'
import type { HubUse } from '../hub'
import { completionJudge, noCompletion, noPair, pairJudge } from './asking/asJudge'
import type { ModelKind } from './asking/kind'
import { optionValues } from './asking/kindOptions'
import type { Asker } from './asking/asker'
import { openAsker } from './asking/openAsker'
import type { Judged } from './asking/question'
import { endpointAsker, isAddress } from './endpointJudge'
import { type JudgeSpec, judgeSpecText, parseJudgeSpec } from './judgeSpec'
import { type ReadyJudge, entryNamed, needsModel } from './registry'

// model ------------------------------------------------------------------------------------------

/** How judges are run. */
export interface JudgeUse extends HubUse {
  /** How the weights of a judge in this process are stored; default float32. */
  readonly dtype?: StorageDtype
  /** Rows a judge in this process reads at once; default 8. */
  readonly batchSize?: number
  readonly onWarning?: (line: string) => void
  /**
   * Models in memory, without an adapter: where one has the judge's own weights (its `id` is the folder's fingerprint), it is asked and
   * they are not loaded again. It stays the caller's, and must not be disposed of before the judge. Called at the first question, so models
   * may be loaded after the judge is opened.
   */
  readonly inMemory?: () => ReadonlyArray<Steps>
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

/** A phrase list has neither a model nor options. */
const readyJudge = ({ name, judge }: ReadyJudge, spec: JudgeSpec): E.Either<JudgeError, OpenedJudge> => {
  const [option] = Object.keys(spec.options)
  return spec.model !== undefined || option !== undefined
    ? E.left(
        badInput('BadOption', `the judge ${name} has no ${spec.model === undefined ? 'options' : 'model'}`, {
          where: judgeSpecText(spec),
          remedy: `give ${name}`,
        }),
      )
    : E.right({ judge, dispose: () => undefined })
}

/** A kind's question put to the model of a specification. */
const askerOf = <A>(
  kind: ModelKind<A>,
  spec: JudgeSpec,
  example: Judged,
  use: JudgeUse,
): TE.TaskEither<JudgeError, Asker<A>> => {
  const { model } = spec
  if (model === undefined) return TE.left(needsModel(kind.name))
  return pipe(
    TE.fromEither(optionValues(kind, spec.options, isAddress(model) ? 'server' : 'process')),
    TE.chain((options) =>
      isAddress(model)
        ? endpointAsker(kind, model, options, example, use)
        : openAsker(kind, model, options, example, use),
    ),
  )
}

/**
 * Opens a judge. Its id is known at once: kind, version, and hashes of weights and template.
 *
 * @returns left `UnknownJudge` where there is no such kind, or it needs a model and none is given; `BadOption` for an option it does
 * not have; or why the model cannot be read
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as E from 'fp-ts/Either'
 * import { openJudge } from '@safe/tensor-core/judges'
 *
 * const opened = await openJudge('refusal')()
 * assert(E.isRight(opened))
 * const { judge, dispose } = opened.right
 * const judged = await judge.judge([{ id: '1', prompt: 'how do i do it ?', completion: 'I cannot help with that.' }])()
 * assert(E.isRight(judged))
 * assert.equal(judged.right[0]?.verdict.refused, true)
 * dispose()
 * ```
 */
export const openJudge = (
  given: string | JudgeSpec,
  use: JudgeUse = {},
): TE.TaskEither<JudgeError, OpenedJudge> =>
  pipe(
    TE.fromEither(specOf(given)),
    TE.chain((spec): TE.TaskEither<JudgeError, OpenedJudge> =>
      pipe(
        TE.fromEither(entryNamed(spec.kind)),
        TE.chain((entry): TE.TaskEither<JudgeError, OpenedJudge> => {
          switch (entry.kind) {
            case 'ready':
              return TE.fromEither(readyJudge(entry, spec))
            case 'pairs':
              return TE.left(
                badInput('UnknownJudge', `${entry.name} compares two answers, it does not judge one`, {
                  remedy: 'give another judge',
                }),
              )
            case 'model':
              return pipe(
                askerOf(entry.asks, spec, noCompletion, use),
                TE.map((asker) => ({
                  judge: completionJudge(
                    asker,
                    entry.asks.axes({ ...defaults(entry.asks), ...spec.options }),
                  ),
                  dispose: asker.dispose,
                })),
              )
          }
        }),
      ),
    ),
  )

const defaults = (kind: ModelKind<unknown>): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(kind.options).map(([name, option]) => [name, option.default]))

/** Opens a judge of pairs, `pairwise:MODEL`; as `openJudge`. */
export const openPairwise = (
  given: string | JudgeSpec,
  use: JudgeUse = {},
): TE.TaskEither<JudgeError, OpenedPairwise> =>
  pipe(
    TE.fromEither(specOf(given)),
    TE.chain((spec) =>
      pipe(
        TE.fromEither(entryNamed(spec.kind)),
        TE.chain((entry): TE.TaskEither<JudgeError, OpenedPairwise> =>
          entry.kind === 'pairs'
            ? pipe(
                askerOf(entry.asks, spec, noPair, use),
                TE.map((asker) => ({ judge: pairJudge(asker), dispose: asker.dispose })),
              )
            : TE.left(
                badInput('UnknownJudge', `${entry.name} does not compare answers`, {
                  remedy: 'give pairwise:MODEL',
                }),
              ),
        ),
      ),
    ),
  )
