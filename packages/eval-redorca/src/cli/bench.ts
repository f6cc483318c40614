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
import { addressOf, askingOptions, queueOption } from './queueOption'
import { runMember } from './runMember'
import { shardOption, shardOf } from './shardOption'
import { absolute, placeIn, storeOption } from './storeOption'
import { withBroker } from '../work/queue/broker'

export const benchCommand = command({
  name: 'bench',
  description: 'benchmark the combinations of defences that a configuration file describes',
  example: 'redorca bench --config bench.yaml --out results',
  options: {
    ...configOptions,
    out: withDefault(defaultOut, folder('results folder; of a remote store, its local copy')),
    ...storeOption,
    ...shardOption,
    ...queueOption,
    ...askingOptions,
    resume: flag(
      'go on in a results folder of another configuration, beside what is stored; the same configuration goes on without it',
    ),
    overwrite: flag('delete an existing results folder first'),
    printConfig: flag('show the complete configuration and run nothing'),
    ...redactOption,
    ...liveOption,
  },
  run: (
    { out, store, shard, queue, inFlight, priority, resume, overwrite, printConfig, redact, live, ...parts },
    context,
  ) =>
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
            queue !== undefined && !printConfig
              ? part === undefined || shard === undefined
                ? pipe(
                    TE.fromEither(addressOf(queue)),
                    TE.chain((address) =>
                      withBroker(address, (broker) =>
                        runBench(
                          config,
                          {
                            place: absolute(place),
                            queue: { broker, inFlight, priority },
                            ...{ resume, overwrite, printConfig, redact, live },
                          },
                          context,
                        ),
                      ),
                    ),
                  )
                : TE.left(
                    badInput('BadOption', '--queue and --shard are two ways to share the work', {
                      remedy: 'give one of them',
                    }),
                  )
              : part === undefined || printConfig
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
