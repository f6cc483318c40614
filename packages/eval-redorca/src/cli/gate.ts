/**
 * `gate --baseline DIR --candidate DIR`: whether a fine-tune may ship: no metric worse by more than its margin. With `--model` the
 * fine-tune is measured first, with `--baseline-model` the model before as well.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Outcome, type Values, command } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type BenchConfig, isArena } from '../config/config'
import { checked } from '../gate/checks'
import { checkedAsked, checkedComparable, environmentWarnings } from '../gate/comparable'
import { checkedFiles, writeFiles } from '../gate/files'
import { modelNameOf } from '../gate/modelName'
import { type Side, readSide } from '../gate/side'
import { checkedJson, checkedText } from '../gate/words'
import { gateOptions } from './gateOptions'
import { type MeasuredSide, type SideName, type Source, measuredSide, sourceOf, suiteFor } from './gateSides'

// model ------------------------------------------------------------------------------------------

type Given = Values<typeof gateOptions>

type Sides<A> = Readonly<Record<SideName, A>>

// sources ----------------------------------------------------------------------------------------

const sourcesOf = (given: Given): E.Either<Fault, Sides<Source>> =>
  pipe(
    E.Do,
    E.bind('baseline', () =>
      sourceOf(
        'baseline',
        { results: given.baseline, model: given.baselineModel, adapter: given.baselineAdapter },
        given.out,
      ),
    ),
    E.bind('candidate', () => sourceOf('candidate', { ...given, results: given.candidate }, given.out)),
  )

/** The suite of what is measured; undefined where nothing is. @returns left: options about measuring and nothing to measure, or no suite */
const suiteOf = (
  { suite, suiteJudge, template }: Given,
  { baseline, candidate }: Sides<Source>,
): E.Either<Fault, string | undefined> => {
  if (baseline.measured !== undefined || candidate.measured !== undefined)
    return suiteFor(suite, [baseline, candidate])
  const idle = suite !== undefined ? 'suite' : suiteJudge.length > 0 ? 'suiteJudge' : 'template'
  return idle === 'template' && template === undefined
    ? E.right(undefined)
    : E.left(
        badInput('BadOption', 'is for models to measure, and both sides are results', {
          field: idle,
          remedy: 'add `model`, or leave it out',
        }),
      )
}

// steps ------------------------------------------------------------------------------------------

const read =
  ({ baselineCell, candidateCell, judge }: Given, sources: Sides<Source>) =>
  (side: SideName): TE.TaskEither<Fault, Side> =>
    readSide({
      path: sources[side].results,
      ...(side === 'baseline'
        ? { cell: baselineCell, option: 'baselineCell' }
        : { cell: candidateCell, option: 'candidateCell' }),
      judge,
    })

/** What is measured must be comparable with the results that are there. */
const accepting =
  (present: ReadonlyArray<Side>) =>
  ({ suite }: BenchConfig): E.Either<Fault, void> =>
    isArena(suite)
      ? E.right(undefined)
      : pipe(
          present,
          E.traverseArray((side) =>
            checkedAsked(side, { suite: suite.name, maxNewTokens: suite.maxNewTokens }),
          ),
          E.map(() => undefined),
        )

/** Measures what is to be measured, the baseline first; results that are there are read before, so that a mistake costs no time. */
const measured = (
  given: Given,
  sources: Sides<Source>,
  suite: string,
  context: Context,
): TE.TaskEither<Fault, Sides<MeasuredSide | undefined>> => {
  const { suiteJudge: judges, template, batchSize, workers, redact, overwrite } = given
  const present = (['baseline', 'candidate'] as const).filter((side) => sources[side].measured === undefined)
  return pipe(
    present,
    TE.traverseSeqArray(read(given, sources)),
    TE.chain((there) => {
      const how = {
        suite,
        judges,
        template,
        batchSize,
        workers,
        redact,
        overwrite,
        accepts: accepting(there),
      }
      return pipe(
        TE.Do,
        TE.bind('baseline', () => measuredSide('baseline', sources.baseline, how, context)),
        TE.bind('candidate', () => measuredSide('candidate', sources.candidate, how, context)),
      )
    }),
  )
}

const nothingMeasured: Sides<undefined> = { baseline: undefined, candidate: undefined }

/** Exit codes of a verdict: 3 where a check is refused, 2 where one is undecided. */
const exitOf = (passed: boolean | null): { readonly exit?: 2 | 3 } =>
  passed === true ? {} : { exit: passed === false ? 3 : 2 }

/** Compares both sides, writes the files and gives the verdict. */
const decided = (
  given: Given,
  sources: Sides<Source>,
  made: Sides<MeasuredSide | undefined>,
  { common, warn }: Context,
): TE.TaskEither<Fault, Outcome> =>
  pipe(
    TE.Do,
    TE.bind('baseline', () => read(given, sources)('baseline')),
    TE.bind('candidate', () => read(given, sources)('candidate')),
    TE.chainFirstEitherKW(({ baseline, candidate }) => checkedComparable(baseline, candidate)),
    TE.bindW('found', ({ baseline, candidate }) =>
      TE.fromEither(checked(baseline, candidate, given.margin, { seed: common.seed })),
    ),
    TE.let('warnings', ({ baseline, candidate }) => environmentWarnings(baseline, candidate)),
    TE.chainFirstIOK(({ found, warnings }) => () => {
      found.unchecked.forEach((why) => warn(`not checked: ${why}`))
      warnings.forEach(warn)
    }),
    TE.bindW('name', () =>
      given.cardName === undefined
        ? TE.fromTask(modelNameOf(sources.candidate.results))
        : TE.right(given.cardName),
    ),
    TE.chainFirstW((gated) => writeFiles(given, gated, gated.name)),
    TE.map(({ found }) => ({
      json: {
        ...checkedJson(found),
        ...(made.baseline === undefined && made.candidate === undefined ? {} : { measured: made }),
      },
      text: checkedText(found),
      ...exitOf(found.passed),
    })),
  )

// command ----------------------------------------------------------------------------------------

export const gateCommand = command({
  name: 'gate',
  description:
    'compare a fine-tune with its baseline, item by item: exit 0 where no metric is worse by more than its margin, 3 where one is, 2 where the items do not decide; models that are given are measured first',
  example: 'redorca gate --baseline baseline --model hub:ORG/NAME --adapter DIR --junit gate.xml',
  options: gateOptions,
  run: (given, context) =>
    pipe(
      TE.Do,
      TE.chainFirstEitherKW(() => checkedFiles(given)),
      TE.bindW('sources', () => TE.fromEither(sourcesOf(given))),
      TE.bindW('suite', ({ sources }) => TE.fromEither(suiteOf(given, sources))),
      TE.bindW('made', ({ sources, suite }) =>
        suite === undefined ? TE.right(nothingMeasured) : measured(given, sources, suite, context),
      ),
      TE.chain(({ sources, made }) => decided(given, sources, made, context)),
    ),
})
