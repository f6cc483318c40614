/** `arena`: the built-in world as ordinary files, to try every command of every package: models, data, prompts. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import { command, folder, overwriteOption, text, withDefault } from '@safe/tensor-core/cli'
import { type Example, type FormatError, causeLine, failure, promptText } from '@safe/tensor-core/contracts'
import { refuseExisting, writeFolder, writeWhole } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { documentOf } from '@safe/tensor-core/options'
import { type ArenaSuite, arenaSuite } from '../arena'
import { arenaMethods, arenaRecipe } from '../config/defaults'
import { isControl, shownStage } from '../config/methods'
import { type EvaluationItem, evaluationSets } from '../suite/suite'

const rawLines = (examples: ReadonlyArray<Example>): string => examples.map((e) => `${e.raw}\n`).join('')

const promptRow = ({ id, prompt, reference, fields }: EvaluationItem): Readonly<Record<string, unknown>> => ({
  id,
  prompt: promptText(prompt),
  ...fields,
  ...(reference === undefined ? {} : { response: reference, reference }),
})

const copyModels = (suite: ArenaSuite, target: string): TE.TaskEither<FormatError, void> =>
  TE.tryCatch(
    async () => {
      for (const [name, source] of Object.entries(suite.models))
        await cp(source, join(target, 'models', name), { recursive: true })
    },
    (cause) => failure('WriteFailed', causeLine(cause), { where: target }),
  )

/** A configuration for `bench` that reads these files like any user's; it has one method only, so that it runs quickly. */
const configuration = (out: string, suite: ArenaSuite): string =>
  stringify({
    suite: {
      name: 'files',
      models: Object.fromEntries(Object.keys(suite.models).map((name) => [name, join(out, 'models', name)])),
      training: { regimes: { noisy: join(out, 'noisy.jsonl') } },
      safe: join(out, 'safe.jsonl'),
      references: join(out, 'references.jsonl'),
      evaluation: Object.fromEntries(evaluationSets.map((set) => [set, join(out, `${set}.jsonl`)])),
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
  })

export const arenaCommand = command({
  name: 'arena',
  description:
    'writes the arena as files: models/{base,aligned,anchor}, fine-tuning data, safe data, references, prompts, and bench.yaml that reads them',
  options: {
    out: withDefault('arena', folder('folder to write')),
    regime: withDefault('poison:0.05', text('fine-tuning data: benign, poison:SHARE or pure-bad')),
    ...overwriteOption,
  },
  run: (values, context) => {
    const suite = arenaSuite()
    return pipe(
      TE.fromEither(refuseExisting(values.out, values, 'folder')),
      TE.chainEitherKW(() => suite.trainingData(values.regime, context.common.seed)),
      TE.chainW((noisy) =>
        writeFolder(values.out, (target) =>
          pipe(
            copyModels(suite, target),
            TE.chain(() => writeWhole(join(target, 'noisy.jsonl'), rawLines(noisy.examples))),
            TE.chain(() => writeWhole(join(target, 'bench.yaml'), configuration(values.out, suite))),
            TE.chain(() => writeWhole(join(target, 'safe.jsonl'), rawLines(suite.safe.examples))),
            TE.chain(() => writeWhole(join(target, 'references.jsonl'), rawLines(suite.references.examples))),
            TE.chain(() =>
              pipe(
                evaluationSets,
                TE.traverseSeqArray((set) =>
                  writeJsonl(
                    join(target, `${set}.jsonl`),
                    suite.evaluation.filter((item) => item.set === set).map(promptRow),
                  ),
                ),
              ),
            ),
          ),
        ),
      ),
      TE.map(() => ({
        json: { out: values.out, regime: values.regime },
        text: `the arena's files: ${values.out}`,
      })),
    )
  },
})
