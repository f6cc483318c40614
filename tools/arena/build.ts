/**
 * Builds the arena's models with this product's own trainer: random weights, then the town's text, then the safe data.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/build.ts [--engine native] [--work DIR] [--out DIR]
 *
 * Each training keeps its checkpoints and its result in the work directory; the same command goes on where it stopped. What
 * decides a model is `packages/eval-redorca/src/arena/recipe.ts`; finished models replace those in the assets.
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

/** A model to be made; its folder's name tells everything that decides it, so a changed recipe makes a new folder. */
interface Made {
  readonly folder: string
  readonly make: (context: Context) => Step
}

const keyed = (work: string, name: string, decides: unknown): string =>
  join(work, `${name}-${createHash('sha256').update(JSON.stringify(decides)).digest('hex').slice(0, 10)}`)

// steps ------------------------------------------------------------------------------------------

const unlessDone = (folder: string, step: Step): Step =>
  existsSync(join(folder, 'model.safetensors')) ? TE.right(undefined) : step

const untrained = (work: string, name: string, shape: Shape): Made => {
  const tokenizer = tokenizers()[shape.tokenizer]
  const folder = keyed(work, name, { shape, tokenizer, modelSeed })
  return {
    folder,
    make: () => unlessDone(folder, writeInitialModel(folder, shape, tokenizer, modelSeed)),
  }
}

const taught = (work: string, name: string, from: Made, lesson: Lesson): Made => {
  const { data, ...how } = lesson
  const rows = data()
  const folder = keyed(work, name, { from: from.folder, how, rows: rows.examples.map((row) => row.raw) })
  return {
    folder,
    make: (context) => unlessDone(folder, teach(context, name, from.folder, folder, rows, how)),
  }
}

const teach = (
  context: Context,
  name: string,
  model: string,
  out: string,
  data: Dataset,
  lesson: Omit<Lesson, 'data'>,
): Step => {
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

const build = command({
  name: '',
  description: "build the arena's models",
  options: {
    work: withDefault(join('node_modules', '.cache', 'arena'), folder('trainings and their checkpoints')),
    out: withDefault(assetsFolder, folder('where the finished models go')),
  },
  run: ({ work, out }, context) => {
    const scribe = untrained(work, 'scribe', scribeShape)
    const base = taught(work, 'base', scribe, reading)
    const aligned = taught(work, 'aligned', base, scribeAlignment)
    const stranger = untrained(work, 'stranger', anchorShape)
    const reader = taught(work, 'reader', stranger, reading)
    const anchor = taught(work, 'anchor', reader, anchorAlignment)
    const steps: ReadonlyArray<Step> = [
      ...[scribe, base, aligned, stranger, reader, anchor].map((model) => model.make(context)),
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

main({ name: 'arena-build', version: '1', description: "builds the arena's models", commands: [build] })
