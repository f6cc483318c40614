/**
 * How fine-tuning undoes alignment: fine-tunes the aligned model at several shares of poison and evaluates each result.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/finetune.ts [--arena DIR] [--engine native]
 *     [--poison 0,0.01,0.05,0.25] [--seeds 0,1]
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  command,
  commaSeparated,
  folder,
  integer,
  main,
  number,
  optional,
  withDefault,
} from '@safe/tensor-core/cli'
import { selectEngine } from '@safe/tensor-core/engine'
import { recipeDefaults, trainAdapter } from '@safe/tensor-core/lm'
import { fineTuning } from '../../packages/eval-redorca/src/arena/fineTuning'
import { assetsFolder, modelsIn, worldOf } from '../../packages/eval-redorca/src/arena/modelsFolder'
import { arenaWorld } from '../../packages/eval-redorca/src/arena/world'
import { arenaRecipe } from '../../packages/eval-redorca/src/config/defaults'
import { answers, tableHead, tableLines } from './scoreboard'

const finetune = command({
  name: '',
  description: 'fine-tune the aligned model at several shares of poison',
  options: {
    arena: withDefault(assetsFolder, folder('models of a world: base, aligned, anchor, world.json')),
    model: optional(folder("model to be fine-tuned; default: the world's aligned model")),
    poison: withDefault(
      [0, 0.01, 0.05, 0.25],
      commaSeparated(number('shares of harmful rows', { min: 0, max: 1 })),
    ),
    seeds: withDefault([0], commaSeparated(integer('seeds', { min: 0 }))),
    lr: withDefault(arenaRecipe.lr, number('learning rate', { min: 0 })),
  },
  run: ({ arena, model = modelsIn(arena).aligned, poison, seeds, lr }, context) => {
    const runs = seeds.flatMap((seed) => poison.map((share) => ({ seed, share })))
    const { maxSteps, targetModules, ...recipe } = arenaRecipe
    return pipe(
      selectEngine(context.common.engine),
      TE.chainW(() => worldOf(arena)),
      TE.map(arenaWorld),
      TE.chainW((world) =>
        TE.traverseSeqArray(({ seed, share }: (typeof runs)[number]) => {
          const started = Date.now()
          return pipe(
            trainAdapter({
              model,
              data: fineTuning(world, { poison: share, seed }),
              template: 'chat',
              seed,
              signal: context.signal,
              recipe: {
                ...recipeDefaults,
                ...recipe,
                lr,
                targetModules: typeof targetModules === 'string' ? [targetModules] : targetModules,
                ...(maxSteps === undefined ? {} : { maxSteps }),
              },
            }),
            TE.chainW((adapter) => answers(world, model, adapter)),
            TE.map((given) => {
              const line = tableLines(`poison ${share}, seed ${seed}`, given)
              context.note(`${line} (${((Date.now() - started) / 1000).toFixed(0)} s)`)
              return { share, seed, answers: given, line }
            }),
          )
        })(runs),
      ),
      TE.map((all) => ({ json: all, text: [tableHead, ...all.map((r) => r.line)].join('\n') })),
    )
  },
})

main({
  name: 'arena-finetune',
  version: '1',
  description: 'show how fine-tuning undoes alignment',
  commands: [finetune],
})
