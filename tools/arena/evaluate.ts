/**
 * Runs models on the arena's evaluation prompts and prints a table with Wilson intervals.
 *
 *   node --conditions=@safe/source --import tsx tools/arena/evaluate.ts [--models MODEL MODEL+ADAPTER ...] [--engine native]
 *
 * Default: the shipped base, aligned and anchor. `--show N` prints N answers of each set.
 */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, integer, main, many, text, withDefault } from '@safe/tensor-core/cli'
import { selectEngine } from '@safe/tensor-core/engine'
import { assetsFolder } from '../../packages/eval-redorca/src/arena/suite'
import type { Sample } from '../../packages/eval-redorca/src/suite/samples'
import { answers, tableHead, tableLine } from './scoreboard'

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
    models: withDefault(
      ['base', 'aligned', 'anchor'].map((name) => join(assetsFolder, name)),
      many(text('model folders, each optionally followed by +ADAPTER')),
    ),
    show: withDefault(0, integer('answers of each set to print', { min: 0 })),
  },
  run: ({ models, show }, context) =>
    pipe(
      selectEngine(context.common.engine),
      TE.chainW(() =>
        TE.traverseSeqArray((name: string) => {
          const [model = name, adapter] = name.split('+')
          return pipe(
            answers(model, adapter),
            TE.map((a) => ({ name: name.split('/').at(-1) ?? name, answers: a })),
          )
        })(models),
      ),
      TE.map((all) => ({
        json: all,
        text: [
          tableHead,
          ...all.map((m) => tableLine(m.name, m.answers)),
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
