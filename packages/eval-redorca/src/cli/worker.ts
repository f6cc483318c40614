/** `worker --store URL --config F`: takes part in a benchmark that any number of such processes run together, until no job is left. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, optional, positive, withDefault } from '@safe/tensor-core/cli'
import { badInput } from '@safe/tensor-core/contracts'
import { configOptions } from './configOptions'
import { defaultOut } from './quickstart'
import { queueOption } from './queueOption'
import { runQueueWorker } from './queueWorker'
import { redactOption } from './redactOption'
import { configOf } from './runBench'
import { runMember } from './runMember'
import { placeIn, storeOption } from './storeOption'

export const workerCommand = command({
  name: 'worker',
  description: 'run the jobs of a benchmark that nobody runs yet, beside any number of other workers',
  options: {
    ...configOptions,
    ...storeOption,
    ...queueOption,
    idle: optional(positive('with --queue: end after so many seconds without a job')),
    out: withDefault(defaultOut, folder('local copy of a remote store')),
    ...redactOption,
  },
  run: ({ out, store, queue, idle, redact, ...parts }, context) => {
    if (queue !== undefined)
      return store === undefined
        ? runQueueWorker({ queue, idle, workers: parts.workers }, context)
        : TE.left(
            badInput('BadOption', '--queue and --store are two ways to take jobs', {
              remedy: 'give one of them; jobs of a queue say where their store is',
            }),
          )
    if (store === undefined || context.common.config === undefined)
      return TE.left(
        badInput('BadOption', `--${store === undefined ? 'store' : 'config'} is required`, {
          remedy:
            store === undefined
              ? 'give a folder that all workers see, s3://bucket/prefix, or the --queue of a Redis server'
              : 'give a YAML file; quickstart --print-config shows one',
        }),
      )
    return pipe(
      TE.Do,
      TE.bind('config', () => TE.fromEither(configOf(parts, context))),
      TE.bindW('place', () => TE.fromEither(placeIn(store, out))),
      TE.chainW(({ config, place }) => runMember(config, { place, redact }, context)),
    )
  },
})
