/** The options of `gate`: its two sides, how a model is measured, what decides, and what is written. */
import {
  type Defaulted,
  custom,
  file,
  flag,
  folder,
  optional,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Margins, defaultMargins, marginsText, parseMargins } from '../gate/margins'
import { measuringOptions } from './checking'
import { ownJudgesOption } from './judgeOptions'

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

const sides = {
  baseline: optional(
    file(
      'results folder of the model before, or its results.json; with --baseline-model, the folder it is measured into',
    ),
  ),
  candidate: optional(
    file(
      'results folder of the fine-tune, or its results.json; with --model, the folder it is measured into',
    ),
  ),
  model: optional(folder('fine-tune to measure first: a folder, a GGUF file, or hub:ORG/NAME')),
  adapter: optional(folder('PEFT adapter of that model: a folder or hub:ORG/NAME')),
  baselineModel: optional(folder('model before, to measure first: a folder, a GGUF file, or hub:ORG/NAME')),
  baselineAdapter: optional(folder('PEFT adapter of the model before: a folder or hub:ORG/NAME')),
}

/** How a model is measured. */
const measuring = {
  suite: optional(
    file('what a model is measured on, as --suite of check (default: what the other side was measured on)'),
  ),
  suiteJudge: ownJudgesOption,
  ...measuringOptions,
  out: withDefault(
    'gate',
    folder('folder of what is measured without --baseline or --candidate: DIR/baseline, DIR/candidate'),
  ),
}

/** The options of `gate`. */
export const gateOptions = {
  ...sides,
  ...measuring,
  baselineCell: optional(
    text('cell of a folder with several: its id, or factors as in model=aligned,regime=none', 'CELL'),
  ),
  candidateCell: optional(
    text('cell of a folder with several: its id, or factors as in weights=csulora,seed=42', 'CELL'),
  ),
  judge: optional(
    text(
      'judge whose verdicts decide, by its id with or without the version (default: the headline judge of both)',
      'ID',
    ),
  ),
  margin: marginOption,
  junit: optional(file('JUnit XML with a test case for each check')),
  summary: optional(file('Markdown to append to, as $GITHUB_STEP_SUMMARY')),
  card: optional(file('model card: metadata of the hub and a section with the rates and the verdict')),
  cardName: optional(
    text('name of the model in the card (default: that of the adapter or model in config.yaml)'),
  ),
  overwrite: flag('replace files that exist; where a model is measured, also results of another measurement'),
}
