/** The methods as plugins of a benchmark. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { DefencePlugin } from '@safe/tensor-core/contracts'
import { definePlugin } from '@safe/tensor-core/options'
import { csulora } from './csulora'
import { type Method, correctionOptions, methods, safeLoraOptions } from './options'

const summaries: Readonly<Record<Method, string>> = {
  csulora: 'shrinks what of the update lies outside the aligned subspaces, in closed form (arXiv 2605.30640)',
  hard: 'control: keeps only what lies in both aligned subspaces',
  safelora: 'Safe LoRA: projects modules that point away from the alignment (arXiv 2405.16833)',
  scale: "control: shrinks the whole update to csulora's norm",
  'random-basis': 'control: csulora against random subspaces of the same ranks',
}

const pluginOf = (method: Method): DefencePlugin =>
  definePlugin({
    name: method,
    stage: 'weights',
    summary: summaries[method],
    options: method === 'safelora' ? safeLoraOptions : correctionOptions,
    needs: ['base', 'aligned', 'seed'],
    make: (options, { base, aligned, seed }) =>
      pipe(
        TE.Do,
        TE.bind('base', () => base),
        TE.bind('aligned', () => aligned),
        TE.map((pair) => csulora({ ...options, method }, { ...pair, seed })),
      ),
  })

/** CSULoRA and its controls, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = methods.map(pluginOf)
