/** The judges of a command: how they are run, the engine they need, and the one judge of an option. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { EngineError, Fault } from '../../contracts'
import {
  type JudgeUse,
  type OpenedJudge,
  isAddress,
  judgeEntry,
  openJudge,
  parseJudgeSpec,
} from '../../judges'
import type { Context } from './context'
import { hubUseOf } from './fetched'
import { startEngine } from './startEngine'

/** How the judges of a command are run: stopped with it, with its storage type, its downloads and warnings as the command's own. */
export const judgeUseOf = (context: Context): JudgeUse => ({
  ...hubUseOf(context),
  dtype: context.common.dtype,
  onWarning: context.warn,
})

/** Starts the engine where one of the judges' models is in this process; phrase lists and servers need none. */
export const startJudgeEngine = (
  context: Context,
  models: ReadonlyArray<string | undefined>,
): TE.TaskEither<EngineError, void> =>
  models.some((model) => model !== undefined && !isAddress(model))
    ? pipe(
        startEngine(context),
        TE.map(() => undefined),
      )
    : TE.right(undefined)

/**
 * Opens the judge of an option. @param flag the option, for messages: `--judge` @param engineStarted whether the command has started
 * the engine already
 */
export const judgeOfOption = (
  context: Context,
  flag: string,
  text: string,
  engineStarted = false,
): TE.TaskEither<Fault, OpenedJudge> =>
  pipe(
    TE.fromEither(parseJudgeSpec(text)),
    TE.chain((spec) =>
      pipe(
        openJudge(spec, judgeUseOf(context)),
        TE.chainFirstW(() => startJudgeEngine(context, engineStarted ? [] : [spec.model])),
      ),
    ),
    TE.mapLeft((fault: Fault): Fault => ({ ...fault, where: fault.where ?? flag })),
  )

/** Whether a text names a kind of judge, with or without a model. */
export const namesJudge = (text: string): boolean =>
  pipe(
    parseJudgeSpec(text),
    E.exists(({ kind }) => judgeEntry(kind) !== undefined),
  )
