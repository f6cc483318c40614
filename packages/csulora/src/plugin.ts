/** The methods as plugins of a benchmark: options as on the command line, in camel case. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type DefencePlugin, type Fault, type Parameters, badInput } from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import { type Method, methods } from './correction'
import * as defaults from './defaults'
import { csuloraDefence } from './defence'

// options ----------------------------------------------------------------------------------------

const Share = t.refinement(t.number, (x) => x > 0 && x <= 1, 'a number above 0, at most 1')
const Weight = t.refinement(t.number, (x) => Number.isFinite(x) && x >= 0, 'a number, at least 0')
const Cosine = t.refinement(t.number, (x) => x >= -1 && x <= 1, 'a number from -1 to 1')
const Rank = t.refinement(t.number, (x) => Number.isSafeInteger(x) && x >= 1, 'a whole number, at least 1')

const Options = t.exact(t.partial({ energy: Share, rank: Rank, beta: Weight, tau: Cosine }))
const names = ['energy', 'rank', 'beta', 'tau']

interface Complete {
  readonly energy?: number
  readonly rank?: number
  readonly beta: number
  readonly tau?: number
}

const completed = (method: Method, options: Parameters): E.Either<Fault, Complete> => {
  const unknown = Object.keys(options).find((key) => !names.includes(key))
  return unknown !== undefined
    ? E.left(
        badInput('BadConfig', `has no option ${unknown}`, {
          where: method,
          remedy: `use ${names.join(', ')}`,
        }),
      )
    : pipe(
        options,
        decodeWith(Options, method),
        E.filterOrElseW(
          (o) => o.energy === undefined || o.rank === undefined,
          () =>
            badInput('BadConfig', 'takes energy or rank, not both', {
              where: method,
              remedy: 'leave one out',
            }),
        ),
        E.map((o) => ({
          ...(o.rank === undefined ? { energy: o.energy ?? defaults.energy } : { rank: o.rank }),
          beta: o.beta ?? defaults.beta,
          ...(method === 'safelora' ? { tau: o.tau ?? defaults.tau } : {}),
        })),
      )
}

// plugins ----------------------------------------------------------------------------------------

const summaries: Readonly<Record<Method, string>> = {
  csulora: 'shrinks what of the update lies outside the aligned subspaces, in closed form (arXiv 2605.30640)',
  hard: 'control: keeps only what lies in both aligned subspaces',
  safelora: 'Safe LoRA: projects modules that point away from the alignment (arXiv 2405.16833)',
  scale: "control: shrinks the whole update to csulora's norm",
  'random-basis': 'control: csulora against random subspaces of the same ranks',
}

const pluginOf = (method: Method): DefencePlugin => ({
  specificationVersion: 1,
  name: method,
  stage: 'weights',
  summary: summaries[method],
  complete: (options) =>
    pipe(
      TE.fromEither(completed(method, options)),
      TE.map((o): Parameters => ({ ...o })),
    ),
  create: (options, bench) =>
    pipe(
      TE.Do,
      TE.bind('o', () => TE.fromEither(completed(method, options))),
      TE.bind('base', () => bench.baseWeights),
      TE.bind('aligned', () => bench.alignedWeights),
      TE.map(({ o, base, aligned }) =>
        csuloraDefence({
          method,
          base,
          aligned,
          seed: bench.seed,
          beta: o.beta,
          rank: o.rank === undefined ? { energy: o.energy ?? defaults.energy } : { fixed: o.rank },
          ...(o.tau === undefined ? {} : { tau: o.tau }),
        }),
      ),
    ),
})

/** CSULoRA and its controls, as a benchmark finds them. */
export const plugins: ReadonlyArray<DefencePlugin> = methods.map(pluginOf)
