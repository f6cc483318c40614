/** `arena --out DIR`: the arena as ordinary files, to try every command on, and to see how a suite of one's own is laid out. */
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import { command, flag, folder, required, text, withDefault } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, causeLine, failure, promptText } from '@safe/tensor-core/contracts'
import { refuseExisting, writeFolder, writeWhole } from '@safe/tensor-core/formats'
import { arenaSuite } from '../arena'
import { kebabKeys } from '../bench/closed'
import { arenaMethods, arenaRecipe } from '../bench/defaults'
import { type EvaluationSet, type Suite, evaluationSets } from '../bench/suite'

// parts ------------------------------------------------------------------------------------------

const dataLines = (data: Dataset): string => data.examples.map(({ raw }) => `${raw}\n`).join('')

const evaluationLines = (suite: Suite, set: EvaluationSet): string =>
  suite.evaluation
    .filter((item) => item.set === set)
    .map(({ id, prompt, fields, reference }) => ({
      id,
      prompt: promptText(prompt),
      ...(reference === undefined ? {} : { response: reference }),
      ...fields,
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('')

/** A configuration for `bench` that reads these files as it would anyone's: one method, so that it is quick. */
const configuration = (out: string, suite: Suite): string =>
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
    recipe: kebabKeys(
      Object.fromEntries(Object.entries(arenaRecipe).filter(([, value]) => value !== undefined)),
    ),
    stages: {
      data: ['none'],
      training: ['none'],
      weights: ['none'],
      decoding: [
        'none',
        ...arenaMethods.decoding
          .filter((m) => !m.control)
          .map(({ use, name, options }) => ({ use, name, options: kebabKeys(options) })),
      ],
    },
  })

const files = (out: string, suite: Suite, noisy: Dataset): ReadonlyArray<readonly [string, string]> => [
  ['noisy.jsonl', dataLines(noisy)],
  ['safe.jsonl', dataLines(suite.safe)],
  ['references.jsonl', dataLines(suite.references)],
  ...evaluationSets.map((set) => [`${set}.jsonl`, evaluationLines(suite, set)] as const),
  ['bench.yaml', configuration(out, suite)],
]

const copied = (from: string, to: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () => cp(from, to, { recursive: true }),
    (cause): Fault => failure('WriteFailed', causeLine(cause), { where: to }),
  )

// command ----------------------------------------------------------------------------------------

export const arenaCommand = command({
  name: 'arena',
  description:
    'writes the built-in arena as ordinary files: models, fine-tuning data, evaluation prompts, a configuration',
  options: {
    out: required(folder('where')),
    regime: withDefault(
      'poison:0.05',
      text('what the fine-tuning data holds: benign, poison:SHARE or pure-bad'),
    ),
    overwrite: flag('replace an existing folder'),
  },
  run: ({ out, regime, overwrite }, { common }) => {
    const suite = arenaSuite()
    return pipe(
      TE.fromEither(refuseExisting(out, { overwrite })),
      TE.chainEitherKW(() => suite.trainingData(regime, common.seed)),
      TE.chainW((noisy) =>
        writeFolder(out, (temporary) =>
          pipe(
            Object.entries(suite.models),
            TE.traverseSeqArray(([name, model]) => copied(model, join(temporary, 'models', name))),
            TE.chainW(() =>
              pipe(
                files(out, suite, noisy),
                TE.traverseSeqArray(([name, content]) => writeWhole(join(temporary, name), content)),
              ),
            ),
          ),
        ),
      ),
      TE.map(() => {
        const names = ['models', ...files(out, suite, suite.safe).map(([name]) => name)]
        return { json: { out, files: names }, text: `${out}: ${names.join(', ')}` }
      }),
    )
  },
})
