/** Opens the judges that a configuration or a command names: tensor-core's, and those of the user's own modules. */
import type { Fault } from '@safe/tensor-core/contracts'
import { type JudgeUse, openJudge } from '@safe/tensor-core/judges'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { isOwnJudge } from '../config/judgeChoice'
import { loadJudge } from '../plan/judgePlugins'
import { loadModule } from '../plan/plugins'
import type { OpenJudge } from '../suite/openedJudges'

/**
 * Opens judges by name: their ids are known at once, models are loaded when they are first asked.
 *
 * @param use how models are run that judges load; a judge of the user's own has options of its own
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { judgeOpener } from '@safe/eval-redorca'
 * import * as E from 'fp-ts/Either'
 *
 * const opened = await judgeOpener()({ kind: 'refusal', model: undefined, options: {} })()
 * assert.equal(E.isRight(opened) && opened.right.judge.id, 'refusal@1')
 * ```
 */
export const judgeOpener =
  (use: JudgeUse = {}): OpenJudge =>
  (choice) =>
    isOwnJudge(choice)
      ? loadJudge(loadModule)(choice)
      : pipe(
          openJudge(choice, use),
          TE.mapLeft((fault): Fault => fault),
        )
