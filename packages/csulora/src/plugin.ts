/** The methods as plugins of a benchmark. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type {
  DefencePlugin,
  Fault,
  RecordDiagnostics,
  Resources,
  WeightsDefence,
} from '@safe/tensor-core/contracts'
import { definePlugin } from '@safe/tensor-core/options'
import { csulora } from './csulora'
import { fidelities } from './fidelity'
import { type CsuloraOptions, type Method, correctionOptions, safeLoraOptions, scaleOptions } from './options'
import { antidotePlugin } from './rivals/antidote'
import { restaPlugin } from './rivals/resta'
import { safemergePlugin } from './rivals/safemerge'

const summaries: Readonly<Record<Method, string>> = {
  csulora: 'shrinks what of the update lies outside the aligned subspaces, in closed form (arXiv 2605.30640)',
  hard: 'control: keeps only what lies in both aligned subspaces',
  safelora: 'Safe LoRA: projects modules that point away from the alignment (arXiv 2405.16833)',
  scale: "control: shrinks the whole update, to csulora's norm or by a factor",
  'random-basis': 'control: csulora against random subspaces of the same ranks',
}

/** How strong each acts: less of the update's energy outside the aligned subspaces, less of it at all, or more modules projected. */
const betas = { options: ['beta'], values: [1, 0.5, 0.2, 0.1, 0.05, 0.02] } as const
const factors = { options: ['factor'], replaces: ['beta'], values: [1, 0.9, 0.8, 0.7, 0.6, 0.5] } as const
const cosines = { options: ['tau'], replaces: ['number'], values: [0.2, 0.35, 0.5, 0.7, 0.9] } as const

/** The needs of every method: what lies between the model before alignment and after it. */
const needs = ['base', 'aligned', 'seed'] as const

const made =
  (method: Method) =>
  (
    options: Partial<CsuloraOptions>,
    { base, aligned, seed }: Pick<Resources, 'base' | 'aligned' | 'seed'>,
    record: RecordDiagnostics,
  ): TE.TaskEither<Fault, WeightsDefence> =>
    pipe(
      TE.Do,
      TE.bind('base', () => base),
      TE.bind('aligned', () => aligned),
      TE.map((pair) => csulora({ ...options, method }, { ...pair, seed }, record)),
    )

const described = <M extends Method>(method: M) =>
  ({
    name: method,
    stage: 'weights',
    summary: summaries[method],
    fidelity: fidelities[method],
    needs,
    make: made(method),
  }) as const

/** CSULoRA, its controls, and other methods of the weights stage, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = [
  definePlugin({ ...described('csulora'), options: correctionOptions, strength: betas }),
  definePlugin({ ...described('hard'), options: correctionOptions }),
  definePlugin({ ...described('safelora'), options: safeLoraOptions, strength: cosines }),
  definePlugin({ ...described('scale'), options: scaleOptions, strength: factors }),
  definePlugin({ ...described('random-basis'), options: correctionOptions, strength: betas }),
  restaPlugin,
  safemergePlugin,
  antidotePlugin,
]
