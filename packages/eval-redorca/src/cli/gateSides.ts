/** Where the sides of a gate come from: results that are there, or a model that is measured first, as `check` does it. */
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context, Outcome } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { isGgufPath } from '@safe/tensor-core/formats'
import { type Measuring, measure } from './checking'

// model ------------------------------------------------------------------------------------------

/** The two sides. */
export type SideName = 'baseline' | 'candidate'

/** A side as the options give it. */
export interface GivenSide {
  readonly results: string | undefined
  readonly model: string | undefined
  readonly adapter: string | undefined
}

/** Where a side's results are, and what is measured into there. */
export interface Source {
  readonly results: string
  /** Undefined: the results are there. */
  readonly measured: { readonly model: string; readonly adapter: string | undefined } | undefined
}

/** How a side is measured. */
export type HowMeasured = Omit<Measuring, 'checking' | 'out' | 'resume' | 'printConfig'> &
  Pick<Measuring['checking'], 'judges' | 'template'>

/** What was measured: the results folder and its report. */
export interface MeasuredSide {
  readonly out: string
  readonly report: string
}

// sources ----------------------------------------------------------------------------------------

const optionsOf: Readonly<Record<SideName, Readonly<Record<'model' | 'adapter', string>>>> = {
  baseline: { model: 'baselineModel', adapter: 'baselineAdapter' },
  candidate: { model: 'model', adapter: 'adapter' },
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/** A model in the place of results: what it is, for a message. */
const notResults = (path: string): 'model' | 'adapter' | undefined =>
  path.startsWith('hub:') || isGgufPath(path)
    ? 'model'
    : !isFolder(path) || existsSync(join(path, 'results.json'))
      ? undefined
      : existsSync(join(path, 'adapter_config.json'))
        ? 'adapter'
        : existsSync(join(path, 'config.json'))
          ? 'model'
          : undefined

/**
 * The source of a side.
 *
 * @param out the folder for what is measured without a results folder of its own
 * @returns left: neither results nor a model, an adapter without its model, or a model in the place of results
 */
export const sourceOf = (
  side: SideName,
  { results, model, adapter }: GivenSide,
  out: string,
): E.Either<Fault, Source> => {
  const options = optionsOf[side]
  if (model !== undefined)
    return E.right({ results: results ?? join(out, side), measured: { model, adapter } })
  if (adapter !== undefined)
    return E.left(
      badInput('BadOption', `is measured with its model, and there is no \`${options.model}\``, {
        field: options.adapter,
        remedy: `add \`${options.model}\``,
      }),
    )
  if (results === undefined)
    return E.left(
      badInput('BadOption', 'is required', {
        field: side,
        remedy: `give a results folder of redorca check, or a model to measure with \`${options.model}\``,
      }),
    )
  const found = notResults(results)
  return found === undefined
    ? E.right({ results, measured: undefined })
    : E.left(
        badInput('BadOption', `is ${found === 'model' ? 'a model' : 'an adapter'}, not results`, {
          field: side,
          where: results,
          remedy: `give it as \`${options[found]}\` to measure it first`,
        }),
      )
}

/** The `config.yaml` beside results that are there. */
const ownConfig = ({ results, measured }: Source): ReadonlyArray<string> => {
  const path = join(isFolder(results) ? results : dirname(results), 'config.yaml')
  return measured === undefined && existsSync(path) ? [path] : []
}

/**
 * The suite that sides are measured on: the one that is given, else that of the side that has results.
 *
 * @returns left: neither is there
 */
export const suiteFor = (
  given: string | undefined,
  sources: ReadonlyArray<Source>,
): E.Either<Fault, string> =>
  pipe(
    given ?? sources.flatMap(ownConfig)[0],
    E.fromNullable<Fault>(
      badInput(
        'BadOption',
        sources.some(({ measured }) => measured === undefined)
          ? 'is required, since the results that are given have no config.yaml beside them'
          : 'is required to measure both models',
        { field: 'suite', remedy: 'give a YAML file with a suite, or arena' },
      ),
    ),
  )

// measuring --------------------------------------------------------------------------------------

/** A fault of `check` as the user of a gate reads it: the gate's options have other names. */
const asOfGate =
  (side: SideName) =>
  (fault: Fault): Fault =>
    fault._tag === 'OutputExists'
      ? {
          ...fault,
          remedy: `add \`overwrite\` to measure it again from the start, or give another \`${side}\``,
        }
      : fault

/**
 * Measures a side whose source asks for it. The same measurement is continued where it was stopped; with `overwrite`, results of
 * another one are replaced.
 */
export const measuredSide = (
  side: SideName,
  { results: out, measured }: Source,
  { judges, template, overwrite, ...how }: HowMeasured,
  context: Context,
): TE.TaskEither<Fault, MeasuredSide | undefined> => {
  if (measured === undefined) return TE.right(undefined)
  const said: { report?: string } = {}
  const run = (again: boolean): TE.TaskEither<Fault, Outcome> =>
    measure(
      {
        ...how,
        checking: { ...measured, judges, template },
        ...{ out, overwrite: again, resume: false, printConfig: false },
      },
      context,
      (_, report) => {
        said.report = report
        return { json: report, text: report }
      },
    )
  context.note(`measuring the ${side}: ${out}`)
  return pipe(
    run(false),
    TE.orElse((fault) => (overwrite && fault._tag === 'OutputExists' ? run(true) : TE.left(fault))),
    TE.bimap(asOfGate(side), () => ({ out, report: said.report ?? '' })),
    TE.chainFirstIOK(
      ({ report }) =>
        () =>
          context.note(`measured the ${side}: ${report}`),
    ),
  )
}
