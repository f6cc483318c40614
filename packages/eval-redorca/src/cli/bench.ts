/** `bench --config F`: models x regimes x combinations of defences x seeds, as described by a configuration. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, flag, folder, withDefault } from '@safe/tensor-core/cli'
import { badInput } from '@safe/tensor-core/contracts'
import { configOptions } from './configOptions'
import { defaultOut } from './quickstart'
import { liveOption } from './liveReport'
import { redactOption } from './redactOption'
import { configOf, runBench } from './runBench'
import { runMember } from './runMember'
import { shardOption, shardOf } from './shardOption'
import { placeIn, storeOption } from './storeOption'

export const benchCommand = command({
  name: 'bench',
  description: 'benchmark the combinations of defences that a configuration file describes',
  options: {
    ...configOptions,
    out: withDefault(defaultOut, folder('results folder; of a remote store, its local copy')),
    ...storeOption,
    ...shardOption,
    resume: flag(
      'go on in a results folder of another configuration, beside what is stored; the same configuration goes on without it',
    ),
    overwrite: flag('delete an existing results folder first'),
    printConfig: flag('show the complete configuration and run nothing'),
    ...redactOption,
    ...liveOption,
  },
  run: ({ out, store, shard, resume, overwrite, printConfig, redact, live, ...parts }, context) =>
    context.common.config === undefined
      ? TE.left(
          badInput('BadOption', '--config is required', {
            remedy: 'give a YAML file; quickstart --print-config shows one',
          }),
        )
      : pipe(
          TE.Do,
          TE.bind('config', () => TE.fromEither(configOf(parts, context))),
          TE.bindW('place', () => TE.fromEither(placeIn(store, out))),
          TE.bindW('part', () => TE.fromEither(shardOf(shard, process.env))),
          TE.chainW(({ config, place, part }) =>
            part === undefined || printConfig
              ? runBench(config, { place, resume, overwrite, printConfig, redact, live }, context)
              : overwrite
                ? TE.left(
                    badInput('BadOption', 'overwrite cannot be used with a shard: others may work there', {
                      remedy: 'remove the folder before the shards are started',
                    }),
                  )
                : runMember(config, { place, redact, ...part }, context),
          ),
        ),
})
