/** `worker --store URL --config F`: takes part in a benchmark that any number of such processes run together, until no job is left. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, withDefault } from '@safe/tensor-core/cli'
import { badInput } from '@safe/tensor-core/contracts'
import { configOptions } from './configOptions'
import { defaultOut } from './quickstart'
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
    out: withDefault(defaultOut, folder('local copy of a remote store')),
    ...redactOption,
  },
  run: ({ out, store, redact, ...parts }, context) => {
    if (store === undefined || context.common.config === undefined)
      return TE.left(
        badInput('BadOption', `--${store === undefined ? 'store' : 'config'} is required`, {
          remedy:
            store === undefined
              ? 'give a folder that all workers see, or s3://bucket/prefix'
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
