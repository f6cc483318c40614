/**
 * Builds the arena's models with this product's own trainer: random weights, then pre-training text, then the safe data.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/build.ts [--engine native] [--work DIR] [--out DIR]
 *
 * Each training run keeps its checkpoints and its result in the work directory; the same command continues where it stopped. The
 * models are determined by `packages/eval-redorca/src/arena/recipe.ts`; finished models replace those in the assets.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, command, folder, main, withDefault } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { selectEngine } from '@safe/tensor-core/engine'
import { recipeDefaults, trainModel } from '@safe/tensor-core/lm'
import { tokenizers } from '../../packages/eval-redorca/src/arena/corpus'
import { writeInitialModel } from '../../packages/eval-redorca/src/arena/initialModel'
import {
  type Lesson,
  type Shape,
  anchorAlignment,
  anchorShape,
  modelSeed,
  reading,
  scribeAlignment,
  scribeShape,
} from '../../packages/eval-redorca/src/arena/recipe'
import { assetsFolder } from '../../packages/eval-redorca/src/arena/suite'

// model ------------------------------------------------------------------------------------------

type Step = TE.TaskEither<Fault, void>

/** A model to be built. Its folder's name contains a hash of everything that determines it, so a changed recipe uses a new folder. */
interface Build {
  readonly folder: string
  readonly run: (context: Context) => Step
}

const keyed = (work: string, name: string, determines: unknown): string =>
  join(work, `${name}-${createHash('sha256').update(JSON.stringify(determines)).digest('hex').slice(0, 10)}`)

// steps ------------------------------------------------------------------------------------------

const unlessDone = (folder: string, step: Step): Step =>
  existsSync(join(folder, 'model.safetensors')) ? TE.right(undefined) : step

const untrained = (work: string, name: string, shape: Shape): Build => {
  const tokenizer = tokenizers()[shape.tokenizer]
  const folder = keyed(work, name, { shape, tokenizer, modelSeed })
  return {
    folder,
    run: () => unlessDone(folder, writeInitialModel(folder, shape, tokenizer, modelSeed)),
  }
}

const trained = (work: string, name: string, from: Build, lesson: Lesson): Build => {
  const { data, ...how } = lesson
  const rows = data()
  const folder = keyed(work, name, { from: from.folder, how, rows: rows.examples.map((row) => row.raw) })
  return {
    folder,
    run: (context) =>
      unlessDone(folder, train(context, { name, model: from.folder, out: folder, data: rows, lesson: how })),
  }
}

/** One training run: the folder of the model it starts from, and the folder it writes. */
interface Run {
  readonly name: string
  readonly model: string
  readonly out: string
  readonly data: Dataset
  readonly lesson: Omit<Lesson, 'data'>
}

const train = (context: Context, { name, model, out, data, lesson }: Run): Step => {
  let bar: ReturnType<Context['progress']> | undefined
  return pipe(
    trainModel({
      model,
      data,
      template: lesson.template,
      out,
      seed: modelSeed,
      resume: true,
      checkpointEvery: 200,
      log: `${out}.log.jsonl`,
      signal: context.signal,
      recipe: {
        ...recipeDefaults,
        lr: lesson.lr,
        maxSteps: lesson.steps,
        batchSize: lesson.batchSize,
        schedule: lesson.schedule,
        warmupSteps: lesson.warmupSteps,
        loss: lesson.loss,
        maxLength: 128,
        // Rows are drawn at random and seen once each.
        shuffle: false,
      },
      onStart: (total, before) => {
        bar = context.progress(name, total)
        bar.tick(before)
      },
      onStep: (row) => bar?.tick(1, `loss ${row.loss.toFixed(3)}`),
      onWarning: context.warn,
    }),
    TE.map(() => bar?.stop()),
  )
}

const ship = (from: string, to: string): Step =>
  TE.tryCatch(
    async () => {
      await rm(to, { recursive: true, force: true })
      await mkdir(to, { recursive: true })
      for (const name of [
        'config.json',
        'generation_config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'model.safetensors',
      ])
        await cp(join(from, name), join(to, name))
    },
    (cause) => failure('WriteFailed', causeLine(cause), { where: to }),
  )

// command ----------------------------------------------------------------------------------------

const buildCommand = command({
  name: '',
  description: "build the arena's models",
  options: {
    work: withDefault(join('node_modules', '.cache', 'arena'), folder('training runs and their checkpoints')),
    out: withDefault(assetsFolder, folder('folder for the finished models')),
  },
  run: ({ work, out }, context) => {
    const initial = untrained(work, 'initial', scribeShape)
    const base = trained(work, 'base', initial, reading)
    const aligned = trained(work, 'aligned', base, scribeAlignment)
    const anchorInitial = untrained(work, 'anchor-initial', anchorShape)
    const anchorBase = trained(work, 'anchor-base', anchorInitial, reading)
    const anchor = trained(work, 'anchor', anchorBase, anchorAlignment)
    const steps: ReadonlyArray<Step> = [
      ...[initial, base, aligned, anchorInitial, anchorBase, anchor].map((build) => build.run(context)),
      ship(base.folder, join(out, 'base')),
      ship(aligned.folder, join(out, 'aligned')),
      ship(anchor.folder, join(out, 'anchor')),
    ]
    return pipe(
      selectEngine(context.common.engine),
      TE.chainFirstIOK((report) => () => context.note(`engine: ${report.engine}, ${report.device}`)),
      TE.chainW(() => TE.sequenceSeqArray(steps)),
      TE.map(() => ({ json: { out }, text: out })),
    )
  },
})

main({
  name: 'arena-build',
  version: '1',
  description: "builds the arena's models",
  commands: [buildCommand],
})
