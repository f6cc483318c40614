/** `arena`: the built-in world as ordinary files, to try every command of every package: models, data, prompts. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import { command, folder, integer, optional, overwriteOption, text, withDefault } from '@safe/tensor-core/cli'
import { type Example, type FormatError, promptText } from '@safe/tensor-core/contracts'
import { refuseExisting, writeError, writeFolder, writeWhole } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { documentOf } from '@safe/tensor-core/options'
import { type ArenaSuite, openArenaSuite, shippedSeed, writeWorld } from '../arena'
import { arenaMethods, arenaRecipe } from '../config/defaults'
import { isControl, noneWord, shownStage } from '../config/methods'
import {
  type EvaluationItem,
  type EvaluationSet,
  type EvaluationSplit,
  evaluationSets,
  evaluationSplits,
} from '../suite/suite'

const rawLines = (examples: ReadonlyArray<Example>): string => examples.map((e) => `${e.raw}\n`).join('')

const promptRow = ({
  id,
  prompt,
  cluster,
  reference,
  fields,
}: EvaluationItem): Readonly<Record<string, unknown>> => ({
  id,
  prompt: promptText(prompt),
  cluster,
  ...fields,
  ...(reference === undefined ? {} : { response: reference, reference }),
})

/** `harmful.jsonl` for the test, `harmful-validation.jsonl` for the validation. */
const evaluationFile = (folder: string, set: EvaluationSet, split: EvaluationSplit): string =>
  join(folder, `${set}${split === 'test' ? '' : `-${split}`}.jsonl`)

/** The files of one side as a configuration names them. */
const evaluationFiles = (folder: string, split: EvaluationSplit): Readonly<Record<string, string>> =>
  Object.fromEntries(evaluationSets.map((set) => [set, evaluationFile(folder, set, split)]))

const writeEvaluation = (suite: ArenaSuite, target: string): TE.TaskEither<FormatError, unknown> =>
  pipe(
    evaluationSplits.flatMap((split) => evaluationSets.map((set) => ({ set, split }))),
    TE.traverseSeqArray(({ set, split }) =>
      writeJsonl(
        evaluationFile(target, set, split),
        suite.evaluation.filter((item) => item.set === set && item.split === split).map(promptRow),
      ),
    ),
  )

const copyModels = (suite: ArenaSuite, world: number, target: string): TE.TaskEither<FormatError, void> =>
  pipe(
    TE.tryCatch(async () => {
      for (const [name, source] of Object.entries(suite.models))
        await cp(source, join(target, name), { recursive: true })
    }, writeError(target)),
    TE.chain(() => writeWorld(target, world)),
  )

/** A configuration for `bench` that reads these files like any user's; it has one method only, as configured, so that it runs quickly. */
const configuration = (out: string, suite: ArenaSuite): string =>
  stringify({
    suite: {
      name: 'files',
      models: Object.fromEntries(Object.keys(suite.models).map((name) => [name, join(out, 'models', name)])),
      training: { regimes: { noisy: join(out, 'noisy.jsonl') } },
      safe: join(out, 'safe.jsonl'),
      references: join(out, 'references.jsonl'),
      harmful: join(out, 'known-harm.jsonl'),
      evaluation: evaluationFiles(out, 'test'),
      validation: evaluationFiles(out, 'validation'),
      judge: 'refusal',
      'max-new-tokens': suite.maxNewTokens,
    },
    regimes: ['noisy'],
    recipe: documentOf({ ...arenaRecipe }),
    stages: {
      data: shownStage([]),
      training: shownStage([]),
      weights: shownStage([]),
      decoding: shownStage(arenaMethods.decoding.filter((choice) => !isControl(choice))),
    },
    sweep: noneWord,
  })

export const arenaCommand = command({
  name: 'arena',
  description:
    'writes the arena as files: models/{base,aligned,anchor}, fine-tuning data, safe data, references, known harm, prompts of test and validation, and bench.yaml that reads them',
  example: 'redorca arena --out arena',
  options: {
    out: withDefault('arena', folder('folder to write')),
    regime: withDefault('poison:0.05', text('fine-tuning data: benign, poison:SHARE or pure-bad')),
    world: withDefault(
      shippedSeed,
      integer('seed of the world; others than the default need `models`', { min: 0 }),
    ),
    models: optional(folder('models of the world; default: the shipped ones')),
    ...overwriteOption,
  },
  run: ({ out, regime, world, models, ...output }, context) =>
    pipe(
      TE.fromEither(refuseExisting(out, output, 'folder')),
      TE.chainW(() => openArenaSuite({ world, models })),
      TE.bindTo('suite'),
      TE.bind('noisy', ({ suite }) => TE.fromEither(suite.trainingData(regime, context.common.seed))),
      TE.chainW(({ suite, noisy }) =>
        writeFolder(out, (target) =>
          pipe(
            copyModels(suite, world, join(target, 'models')),
            TE.chain(() => writeWhole(join(target, 'noisy.jsonl'), rawLines(noisy.examples))),
            TE.chain(() => writeWhole(join(target, 'bench.yaml'), configuration(out, suite))),
            TE.chain(() => writeWhole(join(target, 'safe.jsonl'), rawLines(suite.safe.examples))),
            TE.chain(() => writeWhole(join(target, 'references.jsonl'), rawLines(suite.references.examples))),
            TE.chain(() => writeWhole(join(target, 'known-harm.jsonl'), rawLines(suite.harmful.examples))),
            TE.chain(() => writeEvaluation(suite, target)),
          ),
        ),
      ),
      TE.map(() => ({ json: { out, regime, world }, text: `the arena's files: ${out}` })),
    ),
})
