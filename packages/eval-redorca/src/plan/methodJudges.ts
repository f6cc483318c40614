/**
 * Judges of methods: a method that reads a judge takes the suite's (the one that chooses among beams), or the one that its option `judge`
 * names. Each is opened once, whoever names it.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault, Judge, Parameters } from '@safe/tensor-core/contracts'
import { parseJudgeSpec } from '@safe/tensor-core/judges'
import { type BenchConfig, isArena } from '../config/config'
import { type JudgeChoice, judgeModel, shownJudge } from '../config/judgeChoice'
import { atKey } from '../suite/openedJudges'
import type { Suite } from '../suite/suite'
import { type Methods, allMethods } from './methods'
import type { BenchPorts, SuiteUse } from './ports'
import { type LoadedMethod, loadedName } from './plugins'

// model ------------------------------------------------------------------------------------------

/** Judges that methods name, by the text that names them. */
export type MethodJudges = ReadonlyMap<string, Judge>

// parts ------------------------------------------------------------------------------------------

/** The judge that these options name. */
const judgeText = ({ judge }: Parameters): string | undefined =>
  typeof judge === 'string' ? judge : undefined

const textOf = ({ plugin, options }: LoadedMethod): string | undefined =>
  plugin.needs.includes('judge') ? judgeText(options) : undefined

/** The suite's own judge has one name and one place in memory, even where a method names it again. */
const isSuites = ({ suite }: BenchConfig, choice: JudgeChoice): boolean =>
  !isArena(suite) && JSON.stringify(shownJudge(suite.beamJudge)) === JSON.stringify(shownJudge(choice))

// constructors -----------------------------------------------------------------------------------

/**
 * The suite with the judges that these methods name beside it; they are freed with it.
 *
 * @returns left: a text that names no judge, or a judge that cannot be opened, at the method's option
 */
export const withMethodJudges = (
  ports: Pick<BenchPorts, 'judge'>,
  config: BenchConfig,
  methods: Methods,
  suite: Suite,
  use?: SuiteUse,
): TE.TaskEither<Fault, { readonly suite: Suite; readonly judges: MethodJudges }> => {
  const named = new Map(
    allMethods(methods).flatMap((method) => {
      const text = textOf(method)
      return text === undefined ? [] : [[text, `stages: ${loadedName(method)}.options.judge`] as const]
    }),
  )
  return pipe(
    [...named],
    TE.traverseSeqArray(([text, where]) =>
      pipe(
        TE.fromEither(parseJudgeSpec(text)),
        TE.bindTo('choice'),
        TE.bindW('opened', ({ choice }) =>
          isSuites(config, choice)
            ? TE.right({ judge: suite.beamJudge, dispose: (): void => undefined })
            : ports.judge(choice, config, use),
        ),
        TE.mapLeft(atKey(where)),
        TE.map((found) => ({ text, ...found })),
      ),
    ),
    TE.map((all) => {
      const models = all.flatMap(({ choice }) => judgeModel(choice) ?? [])
      return {
        judges: new Map(all.map(({ text, opened }) => [text, opened.judge])),
        suite:
          all.length === 0
            ? suite
            : {
                ...suite,
                judgeModels: [...new Set([...(suite.judgeModels ?? []), ...models])],
                dispose: () => {
                  suite.dispose?.()
                  all.forEach(({ opened }) => opened.dispose())
                },
              },
      }
    }),
  )
}

/** The judges that the methods of a configuration name. A text that names none is a fault where judges are opened. */
export const namedJudges = ({ stages }: Pick<BenchConfig, 'stages'>): ReadonlyArray<JudgeChoice> =>
  Object.values(stages)
    .flat(2)
    .flatMap(({ options }) => {
      const choice = parseJudgeSpec(judgeText(options) ?? '')
      return E.isRight(choice) ? [choice.right] : []
    })

// destructors ------------------------------------------------------------------------------------

/** The judge that a method reads. */
export const judgeOf = (
  { suite, judges }: { readonly suite: Pick<Suite, 'beamJudge'>; readonly judges: MethodJudges },
  method: LoadedMethod,
): Judge => judges.get(textOf(method) ?? '') ?? suite.beamJudge

/** The judges that methods of their own options read, by the methods' names. */
export const ownJudges = (judges: MethodJudges, methods: Methods): Readonly<Record<string, Judge>> =>
  Object.fromEntries(
    allMethods(methods).flatMap((method) => {
      const judge = judges.get(textOf(method) ?? '')
      return judge === undefined ? [] : [[loadedName(method), judge] as const]
    }),
  )
