/**
 * DualSelect and its controls as a benchmark sees them. The controls are special cases of the one rule:
 *
 *   random-references  references drawn anew at each refresh, everything else as in DualSelect
 *   random-drop        as many rows of each batch by lot, no references
 *   agem               no filter; fresh random references at every step, the least correction that keeps them falling
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { DefenceError, DefencePlugin, Example, Parameters, Workbench } from '@safe/tensor-core/contracts'
import { badInput } from '@safe/tensor-core/contracts'
import { type DualSelectOptions, defaults } from './defaults'
import { decodeOptions } from './options'
import { dualSelect } from './rule'
import type { CountTokens } from './taskFilter'

// token budget -----------------------------------------------------------------------------------

/** Counts with the benchmark's own tokenizer; one more for the end of sequence that text gets. */
const tokenCounter = (bench: Workbench): TE.TaskEither<DefenceError, CountTokens> =>
  pipe(
    bench.model(),
    TE.chain((model) => {
      const { tokenizer } = model
      model.dispose()
      return tokenizer === undefined
        ? TE.left(
            badInput('TokenCountMissing', 'a token budget needs a tokenizer, and the model has none', {
              remedy: 'use kTask',
            }),
          )
        : TE.right(({ response }: Example) =>
            response.kind === 'tokens' ? response.tokens.length : tokenizer.encode(response.text).length + 1,
          )
    }),
  )

// plugins ----------------------------------------------------------------------------------------

const plugin = (name: string, summary: string, preset: Partial<DualSelectOptions> = {}): DefencePlugin => {
  const decoded = (options: Parameters): TE.TaskEither<DefenceError, DualSelectOptions> =>
    TE.fromEither(decodeOptions(options, name, { ...defaults, ...preset }))
  return {
    specificationVersion: 1,
    name,
    stage: 'training',
    summary,
    complete: (options) =>
      pipe(
        decoded(options),
        TE.map((o) => ({ ...o })),
      ),
    create: (options, bench) =>
      pipe(
        decoded(options),
        TE.bindTo('o'),
        TE.bind('counting', ({ o }) =>
          o.tokenBudget === undefined
            ? TE.right({})
            : pipe(
                tokenCounter(bench),
                TE.map((countTokens) => ({ countTokens })),
              ),
        ),
        TE.map(({ o, counting }) => ({
          ...dualSelect(o, bench.references, { seed: bench.seed, ...counting }),
          name,
        })),
      ),
  }
}

/** DualSelect and its controls, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  plugin('dualselect', 'selects safety references and task rows together, and corrects the gradient'),
  plugin('random-references', 'DualSelect with references drawn by lot', { referenceSet: 'random' }),
  plugin('random-drop', 'learns from as many rows of each batch, chosen by lot', {
    taskFilter: 'random',
    correction: 'none',
  }),
  plugin('agem', 'A-GEM: projects the gradient where random references would suffer', {
    correction: 'agem',
    taskFilter: 'none',
    referenceSet: 'random',
    refresh: 1,
    warmupSteps: 0,
  }),
]
