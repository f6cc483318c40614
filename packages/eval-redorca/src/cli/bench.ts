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

export const benchCommand = command({
  name: 'bench',
  description: 'benchmark the combinations of defences that a configuration file describes',
  example: 'redorca bench --config bench.yaml --out results',
  options: {
    ...configOptions,
    out: withDefault(defaultOut, folder('results folder')),
    resume: flag('continue the run in the results folder'),
    overwrite: flag('delete an existing results folder first'),
    printConfig: flag('show the complete configuration and run nothing'),
    ...redactOption,
    ...liveOption,
  },
  run: ({ out, resume, overwrite, printConfig, redact, live, ...parts }, context) =>
    context.common.config === undefined
      ? TE.left(
          badInput('BadOption', '--config is required', {
            remedy: 'give a YAML file; quickstart --print-config shows one',
          }),
        )
      : pipe(
          TE.fromEither(configOf(parts, context)),
          TE.chain((config) =>
            runBench(config, { out, resume, overwrite, printConfig, redact, live }, context),
          ),
        ),
})
