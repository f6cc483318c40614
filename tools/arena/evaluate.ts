/**
 * Runs models on the evaluation prompts of a world of the arena and prints a table with Wilson intervals, one row per split.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/evaluate.ts [--arena DIR] [--engine native]
 *     [--models MODEL MODEL+ADAPTER ...] [--show N]
 *
 * The world is that of the folder's models, by default the shipped ones; without `--models` they are evaluated. `--show N` prints N answers of each set.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, integer, main, many, optional, text, withDefault } from '@safe/tensor-core/cli'
import { selectEngine } from '@safe/tensor-core/engine'
import { assetsFolder, modelsIn, worldOf } from '../../packages/eval-redorca/src/arena/modelsFolder'
import { arenaWorld } from '../../packages/eval-redorca/src/arena/world'
import type { Sample } from '../../packages/eval-redorca/src/suite/samples'
import { answers, tableHead, tableLines } from './scoreboard'

const shown = (given: ReadonlyArray<Sample>, count: number): ReadonlyArray<string> =>
  (['harmful', 'lookalike', 'benign', 'task'] as const).flatMap((set) => {
    const ofSet = given.filter((a) => a.set === set)
    return Array.from({ length: count }, (_, i) => ofSet[Math.floor((i * ofSet.length) / count)])
      .filter((a) => a !== undefined)
      .map((a) => `  ${a.set}, ${a.verdict ?? 'unjudged'}: ${a.prompt} -> ${a.completion}`)
  })

const evaluate = command({
  name: '',
  description: 'run models on the evaluation prompts of the arena',
  options: {
    arena: withDefault(assetsFolder, folder('models of a world: base, aligned, anchor, world.json')),
    models: optional(many(text('other model folders, each optionally followed by +ADAPTER'))),
    show: withDefault(0, integer('answers of each set to print', { min: 0 })),
  },
  run: ({ arena, models, show }, context) =>
    pipe(
      selectEngine(context.common.engine),
      TE.chainW(() => worldOf(arena)),
      TE.map(arenaWorld),
      TE.chainW((world) =>
        TE.traverseSeqArray((name: string) => {
          const [model = name, adapter] = name.split('+')
          return pipe(
            answers(world, model, adapter),
            TE.map((a) => ({ name: name.split('/').at(-1) ?? name, answers: a })),
          )
        })(models ?? Object.values(modelsIn(arena))),
      ),
      TE.map((all) => ({
        json: all,
        text: [
          tableHead,
          ...all.map((m) => tableLines(m.name, m.answers)),
          ...(show === 0 ? [] : all.flatMap((m) => [m.name, ...shown(m.answers, show)])),
        ].join('\n'),
      })),
    ),
})

main({
  name: 'arena-evaluate',
  version: '1',
  description: 'run models on the evaluation prompts of the arena',
  commands: [evaluate],
})
