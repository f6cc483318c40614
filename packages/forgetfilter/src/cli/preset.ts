/** Named sets of option values: they stand beneath what the command line and the configuration file give. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Command, choice, optional } from '@safe/tensor-core/cli'
import { PAPER_RECIPE, PAPER_SAFE_STEPS } from '../defaults'

/** The presets by name. */
export const presets = {
  paper: { ...PAPER_RECIPE, signal: 'rouge', steps: PAPER_SAFE_STEPS },
} as const

/** `--preset`, to be spread into a command's options. */
export const presetOption = {
  preset: optional(
    choice(
      'values of options that are not given: paper is signal rouge, phi 0.1, 1000 safe steps, rank 8, alpha 16, q_proj and v_proj, learning rate 2e-4, batches of 32',
      ['paper'],
    ),
  ),
}

/** The command with its preset filled in. */
export const withPreset = (command: Command): Command => ({
  ...command,
  run: (given, context, args) =>
    pipe(
      presetOption.preset.decode(given['preset']),
      E.match(
        // A wrong name is refused where all options are decoded.
        () => given,
        (name) => (name === undefined ? given : { ...presets[name], ...given }),
      ),
      TE.right,
      TE.chain((completed) => command.run(completed, context, args)),
    ),
})
