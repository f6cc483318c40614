/**
 * Builds the models of a world of the arena with this product's own trainer: random weights, then pre-training text, then the safe
 * data.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/build.ts [--world N] [--out DIR] [--engine native] [--work DIR]
 *
 * Each training run keeps its checkpoints and its result in the work directory; the same command continues where it stopped. The
 * models are determined by the world's seed and `packages/eval-redorca/src/arena/recipe.ts`. Finished models replace those in the
 * folder; without `--world` these are the shipped ones, in the assets.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, command, folder, integer, main, optional, withDefault } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
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
import {
  type ModelName,
  assetsFolder,
  modelNames,
  modelsIn,
  worldOf,
  writeWorld,
} from '../../packages/eval-redorca/src/arena/modelsFolder'
import { type World, arenaWorld, shippedSeed } from '../../packages/eval-redorca/src/arena/world'

// model ------------------------------------------------------------------------------------------

type Step = TE.TaskEither<Fault, void>

/** What is built, and where. */
interface Plan {
  readonly world: World
  readonly work: string
  /** The most steps of each training run; undefined: those of the recipe. */
  readonly steps: number | undefined
}

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

const untrained = ({ work, world }: Plan, name: string, shape: Shape): Build => {
  const tokenizer = tokenizers(world)[shape.tokenizer]
  const folder = keyed(work, name, { shape, tokenizer, modelSeed })
  return {
    folder,
    run: () => unlessDone(folder, writeInitialModel(folder, shape, tokenizer, modelSeed)),
  }
}

/** The lesson with at most so many steps. */
const shortened = (lesson: Lesson, steps: number | undefined): Lesson =>
  steps === undefined || steps >= lesson.steps
    ? lesson
    : { ...lesson, steps, warmupSteps: Math.min(lesson.warmupSteps, steps) }

const trained = ({ work, world, steps }: Plan, name: string, from: Build, lesson: Lesson): Build => {
  const { data, ...how } = shortened(lesson, steps)
  const rows = data(world, how.steps * how.batchSize)
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

/** The training runs in order, and which of them makes which model. */
const buildsOf = (
  plan: Plan,
): { readonly all: ReadonlyArray<Build>; readonly of: Record<ModelName, Build> } => {
  const initial = untrained(plan, 'initial', scribeShape)
  const base = trained(plan, 'base', initial, reading)
  const aligned = trained(plan, 'aligned', base, scribeAlignment)
  const anchorInitial = untrained(plan, 'anchor-initial', anchorShape)
  const anchorBase = trained(plan, 'anchor-base', anchorInitial, reading)
  const anchor = trained(plan, 'anchor', anchorBase, anchorAlignment)
  return {
    all: [initial, base, aligned, anchorInitial, anchorBase, anchor],
    of: { base, aligned, anchor },
  }
}

/** Models of one world never replace those of another, nor models of fewer steps the shipped ones. */
const target = (
  world: number,
  given: string | undefined,
  steps: number | undefined,
): TE.TaskEither<Fault, string> => {
  const out = given ?? assetsFolder
  if (given === undefined && steps !== undefined)
    return TE.left(badInput('BadOption', 'is required with --steps', { where: '--out' }))
  const other = (found: number): Fault =>
    badInput('OutputExists', `contains models of world ${found}, not of world ${world}`, {
      where: out,
      remedy: 'give another folder with --out',
    })
  return existsSync(join(out, 'world.json'))
    ? pipe(
        worldOf(out),
        TE.chainW((found) => (found === world ? TE.right(out) : TE.left(other(found)))),
      )
    : TE.right(out)
}

const buildCommand = command({
  name: '',
  description: 'build the models of a world of the arena',
  options: {
    world: withDefault(
      shippedSeed,
      integer('seed of the world; others than the default need `out`', { min: 0 }),
    ),
    work: withDefault(join('node_modules', '.cache', 'arena'), folder('training runs and their checkpoints')),
    out: optional(folder('folder for the finished models; default: the assets of the package')),
    steps: optional(integer('the most steps of each training run, to try the command', { min: 1 })),
  },
  run: ({ world, work, out, steps }, context) =>
    pipe(
      target(world, out, steps),
      TE.bindTo('folder'),
      TE.bindW('engine', () => selectEngine(context.common.engine)),
      TE.chainFirstIOK(
        ({ engine }) =>
          () =>
            context.note(`engine: ${engine.engine}, ${engine.device}`),
      ),
      TE.chainW(({ folder: models }) => {
        const { all, of } = buildsOf({ world: arenaWorld(world), work, steps })
        const paths = modelsIn(models)
        const shipped: ReadonlyArray<Step> = modelNames.map((name) => ship(of[name].folder, paths[name]))
        return pipe(
          TE.sequenceSeqArray([...all.map((build) => build.run(context)), ...shipped]),
          TE.chainW(() => writeWorld(models, world)),
          TE.map(() => ({ json: { world, out: models }, text: models })),
        )
      }),
    ),
})

main({
  name: 'arena-build',
  version: '1',
  description: 'builds the models of a world of the arena',
  commands: [buildCommand],
})
