/** The judge of `--judge`, on the engine and with the reports of its command. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '../../contracts'
import { type JudgeSpec, type OpenedJudge, judgeEntry, openJudge, parseJudgeSpec } from '../../judges'
import type { Context } from './context'
import { hubUseOf } from './fetched'
import { startEngine } from './startEngine'

/** What judges of a command use: its storage type, its downloads, its warnings. */
const judgeUseOf = (context: Context): Parameters<typeof openJudge>[1] => ({
  ...hubUseOf(context),
  dtype: context.common.dtype,
  onWarning: context.warn,
})

/** A model in this process needs the engine; phrase lists and servers do not. */
const needsEngine = ({ model }: JudgeSpec): boolean => model !== undefined && !/^https?:/i.test(model)

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
        TE.chainFirstW(() =>
          needsEngine(spec) && !engineStarted ? startEngine(context) : TE.right(undefined),
        ),
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
