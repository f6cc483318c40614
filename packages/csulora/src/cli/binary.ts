/** The command line: adapter and two checkpoints in, corrected adapter and report out. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Binary,
  choice,
  command,
  file,
  flag,
  folder,
  integer,
  number,
  optional,
  packageVersion,
  required,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { adapterWarnings, openWeights, readAdapter, writeAdapter } from '@safe/tensor-core/formats'
import type { RankRule } from '@safe/tensor-core/linalg'
import { noCache, openCache } from '../cache'
import { type CorrectionOptions, correctAdapter } from '../correctAdapter'
import { methods } from '../correction'
import * as defaults from '../defaults'
import { reportOf, summary } from '../report'

// options ----------------------------------------------------------------------------------------

const options = {
  adapter: required(folder('PEFT adapter folder to correct')),
  base: required(folder('checkpoint before alignment: a model folder or a .safetensors file')),
  aligned: required(folder('checkpoint the adapter sits on: a model folder or a .safetensors file')),
  out: required(folder('adapter folder to write')),
  overwrite: flag('replace --out where it exists'),
  energy: optional(
    number(`share of the displacement's energy the subspaces keep (default: ${defaults.energy})`, {
      min: 0,
      max: 1,
      exclusiveMin: true,
    }),
  ),
  rank: optional(integer('number of directions the subspaces keep, instead of --energy', { min: 1 })),
  beta: withDefault(defaults.beta, number('weight of the whole update in the reference energy', { min: 0 })),
  method: withDefault('csulora', choice('correction, or a control', methods)),
  tau: withDefault(
    defaults.tau,
    number('safelora projects modules with a cosine at or below this', { min: -1, max: 1 }),
  ),
  cache: optional(folder('folder that keeps decompositions of this pair of checkpoints')),
  report: optional(file('JSON report to write')),
}

const rankRule = (
  energy: number | undefined,
  rank: number | undefined,
): E.Either<Fault<'BadOption'>, RankRule> =>
  energy !== undefined && rank !== undefined
    ? E.left(
        badInput('BadOption', 'give either --energy or --rank', { where: '--rank', remedy: 'leave one out' }),
      )
    : E.right(rank === undefined ? { energy: energy ?? defaults.energy } : { fixed: rank })

// command ----------------------------------------------------------------------------------------

const correct = command({
  name: '',
  description: 'corrects a trained LoRA adapter in closed form: no data, no training',
  options,
  run: (o, context) => {
    const started = performance.now()
    return pipe(
      TE.fromEither(rankRule(o.energy, o.rank)),
      TE.map((rank): CorrectionOptions => ({
        method: o.method,
        rank,
        beta: o.beta,
        tau: o.tau,
        seed: context.common.seed,
      })),
      TE.bindTo('chosen'),
      TE.chainFirstEitherKW(() => refuseExisting(o.out, { overwrite: o.overwrite }, 'folder')),
      TE.bindW('adapter', () => readAdapter(o.adapter)),
      TE.bindW('base', () => openWeights(o.base)),
      TE.bindW('aligned', () => openWeights(o.aligned)),
      TE.bindW('cache', ({ base, aligned }) =>
        o.cache === undefined ? TE.right(noCache) : openCache(o.cache, { base, aligned }),
      ),
      TE.bindW('done', ({ chosen, adapter, base, aligned, cache }) => {
        adapterWarnings(adapter).forEach(context.warn)
        const progress = context.progress(o.method, adapter.modules.length)
        return pipe(
          correctAdapter({
            base,
            aligned,
            cache,
            options: chosen,
            signal: context.signal,
            onModule: (m) => progress.tick(1, m.name),
          })(adapter),
          TE.chainFirstIOK(() => progress.stop),
          TE.orElseFirstIOK(() => progress.stop),
          TE.mapLeft((fault) =>
            fault._tag === 'Interrupted'
              ? {
                  ...fault,
                  remedy:
                    o.cache === undefined
                      ? 'nothing was written; with --cache, decompositions done so far would be kept'
                      : 'nothing was written but the cache; the same command goes on from there',
                }
              : fault,
          ),
        )
      }),
      TE.chainW(({ chosen, done }) => {
        const report = reportOf(chosen, done.modules, (performance.now() - started) / 1000)
        return pipe(
          o.report === undefined
            ? TE.right(undefined)
            : writeWhole(o.report, `${JSON.stringify(report, null, 2)}\n`),
          TE.chain(() => writeAdapter(o.out, done.adapter)),
          TE.map(() => ({ json: report, text: summary(report, o.out) })),
        )
      }),
    )
  },
})

/** The binary `csulora`. */
export const binary: Binary = {
  name: 'csulora',
  version: packageVersion('@safe/csulora', __filename),
  description: 'Closest Safe Update of a LoRA adapter: correction after training, in closed form',
  commands: [correct],
}
