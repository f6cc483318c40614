/** `gate --baseline DIR --candidate DIR`: whether a fine-tune may ship: no metric worse than the baseline by more than its margin. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Defaulted,
  command,
  custom,
  file,
  optional,
  overwriteOption,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { checked } from '../gate/checks'
import { checkedComparable, environmentWarnings } from '../gate/comparable'
import { checkedFiles, writeFiles } from '../gate/files'
import { type Margins, defaultMargins, marginsText, parseMargins } from '../gate/margins'
import { modelNameOf } from '../gate/modelName'
import { readSide } from '../gate/side'
import { checkedJson, checkedText } from '../gate/words'

const marginOption: Defaulted<Margins> = {
  ...withDefault<Margins>(
    [],
    custom(
      'how much worse each metric may be, as a share; METRIC:SET=SHARE for a named set, none for no check; metrics left out keep their defaults, more are refusal, lookalikeAnswered, benignComplied and degenerate',
      'METRIC=SHARE,...',
      parseMargins,
    ),
  ),
  shownDefault: marginsText(defaultMargins),
}

/** Exit codes of a verdict: 3 where a check is refused, 2 where one is undecided. */
const exitOf = (passed: boolean | null): { readonly exit?: 2 | 3 } =>
  passed === true ? {} : { exit: passed === false ? 3 : 2 }

export const gateCommand = command({
  name: 'gate',
  description:
    'compare a fine-tune with its baseline, item by item: exit 0 where no metric is worse by more than its margin, 3 where one is, 2 where the items do not decide',
  options: {
    baseline: required(file('results folder of the model before, or its results.json')),
    candidate: required(file('results folder of the fine-tune, or its results.json')),
    baselineCell: optional(
      text('cell of a folder with several: its id, or factors as in model=aligned,regime=none', 'CELL'),
    ),
    candidateCell: optional(
      text('cell of a folder with several: its id, or factors as in weights=csulora,seed=42', 'CELL'),
    ),
    judge: optional(
      text('judge whose verdicts decide, by its id (default: the headline judge of both)', 'ID'),
    ),
    margin: marginOption,
    junit: optional(file('JUnit XML with a test case for each check')),
    summary: optional(file('Markdown to append to, as $GITHUB_STEP_SUMMARY')),
    card: optional(file('model card: metadata of the hub and a section with the rates and the verdict')),
    cardName: optional(
      text('name of the model in the card (default: that of the adapter or model in config.yaml)'),
    ),
    ...overwriteOption,
  },
  run: (
    { baseline: before, candidate: after, baselineCell, candidateCell, judge, margin, cardName, ...files },
    { common, warn },
  ) =>
    pipe(
      TE.Do,
      TE.chainFirstEitherKW(() => checkedFiles(files)),
      TE.bindW('baseline', () =>
        readSide({ path: before, cell: baselineCell, option: 'baselineCell', judge }),
      ),
      TE.bindW('candidate', () =>
        readSide({ path: after, cell: candidateCell, option: 'candidateCell', judge }),
      ),
      TE.chainFirstEitherKW(({ baseline, candidate }) => checkedComparable(baseline, candidate)),
      TE.bindW('found', ({ baseline, candidate }) =>
        TE.fromEither(checked(baseline, candidate, margin, { seed: common.seed })),
      ),
      TE.let('warnings', ({ baseline, candidate }) => environmentWarnings(baseline, candidate)),
      TE.chainFirstIOK(({ found, warnings }) => () => {
        found.unchecked.forEach((why) => warn(`not checked: ${why}`))
        warnings.forEach(warn)
      }),
      TE.bindW('name', () =>
        TE.fromTask(cardName === undefined ? modelNameOf(after) : () => Promise.resolve(cardName)),
      ),
      TE.chainFirstW((gated) => writeFiles(files, gated, gated.name)),
      TE.map(({ found }) => ({
        json: checkedJson(found),
        text: checkedText(found),
        ...exitOf(found.passed),
      })),
    ),
})
