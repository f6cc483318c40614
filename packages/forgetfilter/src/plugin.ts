/** ForgetFilter, its control and its rivals as plugins of a benchmark (contracts/plugin.ts). */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { DefencePlugin, Fault } from '@safe/tensor-core/contracts'
import { definePlugin } from '@safe/tensor-core/options'
import { checkForgetFilter } from './checkOptions'
import { forgetFilterFidelity, randomDropFidelity } from './fidelity'
import { forgetFilter } from './forgetFilter'
import { forgetFilterNeeds } from './forgettingPorts'
import { forgetFilterOptions, randomDropOptions } from './options'
import { randomDrop } from './randomDrop'
import { gradientAnchorPlugin } from './rivals/gradientAnchor'
import { guardFilterPlugin } from './rivals/guardFilter'
import { oraclePlugin } from './rivals/oracle'
import { safetyMixPlugin } from './rivals/safetyMix'
import { sealPlugin } from './rivals/seal'

/** ForgetFilter, its control, and other methods of the data stage, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  definePlugin({
    name: 'forgetfilter',
    stage: 'data',
    summary: 'drops the rows that fine-tuning on safe data makes the model forget (arXiv 2312.12736)',
    options: forgetFilterOptions,
    check: (options) =>
      pipe(
        checkForgetFilter(options),
        E.mapLeft((fault): Fault => ({ ...fault, where: 'forgetfilter' })),
      ),
    strength: { options: ['phi'], replaces: ['method', 'alpha'], values: [0.3, 0.2, 0.1, 0.05] },
    needs: forgetFilterNeeds,
    fidelity: forgetFilterFidelity,
    // The safe phase starts from the undefended fine-tune, and both are the same for every phi.
    work: ({ steps, signal }, { rows }) => ({
      undefendedRun: true,
      sharedSteps: steps,
      ...(signal === 'rouge' ? { completions: 2 * rows } : { scoredRows: 2 * rows }),
    }),
    make: (options, resources, record) => TE.right(forgetFilter(options, resources, record)),
  }),
  definePlugin({
    name: 'random-drop',
    stage: 'data',
    summary: 'control: drops as many rows at random as the filter, or a given share',
    options: randomDropOptions,
    needs: ['seed', 'counterpart'],
    fidelity: randomDropFidelity,
    make: (options, resources, record) => TE.right(randomDrop(options, resources, record)),
  }),
  oraclePlugin,
  safetyMixPlugin,
  guardFilterPlugin,
  gradientAnchorPlugin,
  sealPlugin,
]
