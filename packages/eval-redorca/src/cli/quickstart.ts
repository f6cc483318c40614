/** `quickstart`: the arena, one seed at 5 % poison, every combination of the four stages, the report at the end. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, flag, folder, withDefault } from '@safe/tensor-core/cli'
import { folderPlace } from '../store'
import { configOptions } from './configOptions'
import { liveOption } from './liveReport'
import { redactOption } from './redactOption'
import { configOf, runBench } from './runBench'

export const defaultOut = './redorca-results'

export const quickstartCommand = command({
  name: 'quickstart',
  description:
    'benchmark the four methods and all their combinations on the built-in arena; safe to stop and run again',
  example: 'redorca quickstart --out results',
  options: {
    out: withDefault(defaultOut, folder('results folder; an interrupted run is continued')),
    printConfig: flag('show the complete configuration and run nothing'),
    overwrite: flag('delete an existing results folder first'),
    workers: configOptions.workers,
    ...redactOption,
    ...liveOption,
  },
  run: ({ workers, out, ...choice }, context) =>
    pipe(
      TE.fromEither(configOf({ suite: 'arena', workers }, context)),
      TE.chain((config) => runBench(config, { ...choice, place: folderPlace(out), resume: true }, context)),
    ),
})
