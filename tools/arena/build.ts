/**
 * Builds the arena's models with this product's own trainer: random weights, then the town's text, then the safe data.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/build.ts [--engine native] [--work DIR] [--out DIR]
 *
 * Each training keeps its checkpoints and its result in the work directory; the same command goes on where it stopped. What
 * decides a model is `packages/eval-redorca/src/arena/recipe.ts`; finished models replace those in the assets.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, command, folder, main, withDefault } from '@safe/tensor-core/cli'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
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

// steps ------------------------------------------------------------------------------------------

type Step = TE.TaskEither<Fault, void>

const done = (path: string): boolean => existsSync(join(path, 'model.safetensors'))

const start = (to: string, shape: Shape): Step =>
  done(to) ? TE.right(undefined) : writeInitialModel(to, shape, tokenizers()[shape.tokenizer], modelSeed)

const teach = (context: Context, from: string, to: string, lesson: Lesson): Step => {
  if (done(to)) return TE.right(undefined)
  let bar: ReturnType<Context['progress']> | undefined
  return pipe(
    trainModel({
      model: from,
      data: lesson.data(),
      template: lesson.template,
      out: to,
      seed: modelSeed,
      resume: true,
      checkpointEvery: 200,
      log: `${to}.log.jsonl`,
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
        bar = context.progress(to.split('/').at(-1) ?? to, total)
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
      await mkdir(to, { recursive: true })
      for (const name of [
        'config.json',
        'generation_config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'model.safetensors',
      ]) {
        await rm(join(to, name), { force: true })
        await cp(join(from, name), join(to, name))
      }
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
    const at = (name: string): string => join(work, name)
    const steps: ReadonlyArray<() => Step> = [
      () => start(at('scribe-0'), scribeShape),
      () => teach(context, at('scribe-0'), at('base'), reading),
      () => teach(context, at('base'), at('aligned'), scribeAlignment),
      () => start(at('anchor-0'), anchorShape),
      () => teach(context, at('anchor-0'), at('anchor-base'), reading),
      () => teach(context, at('anchor-base'), at('anchor'), anchorAlignment),
      ...['base', 'aligned', 'anchor'].map((name) => () => ship(at(name), join(out, name))),
    ]
    return pipe(
      selectEngine(context.common.engine),
      TE.chainFirstIOK((report) => () => context.note(`engine: ${report.engine}, ${report.device}`)),
      TE.chainW(() => steps.reduce<Step>((before, step) => TE.chain(step)(before), TE.right(undefined))),
      TE.map(() => ({ json: { out }, text: out })),
    )
  },
})

main({ name: 'arena-build', version: '1', description: "builds the arena's models", commands: [build] })
