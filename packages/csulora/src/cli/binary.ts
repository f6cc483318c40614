/** The command line: adapter and two checkpoints in, corrected adapter and report out. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Binary,
  command,
  modelFolder,
  adapterFolder,
  file,
  folder,
  optional,
  overwriteOption,
  packageVersion,
  required,
  valuesIn,
} from '@safe/tensor-core/cli'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import { adapterWarnings, openWeights, readAdapter, writeAdapter } from '@safe/tensor-core/formats'
import { noCache, openCache } from '../cache'
import { correctAdapter } from '../correctAdapter'
import { csuloraOptions } from '../options'
import { reportOf, summary } from '../report'

// options ----------------------------------------------------------------------------------------

const options = {
  adapter: required(adapterFolder('PEFT adapter folder to correct')),
  base: required(modelFolder('checkpoint before alignment: a model folder or a .safetensors file')),
  aligned: required(modelFolder('checkpoint the adapter sits on: a model folder or a .safetensors file')),
  out: required(folder('adapter folder to write')),
  ...overwriteOption,
  ...csuloraOptions,
  cache: optional(folder('folder that keeps decompositions of this pair of checkpoints')),
  report: optional(file('JSON report to write')),
}

// command ----------------------------------------------------------------------------------------

const correct = command({
  name: '',
  description: 'corrects a trained LoRA adapter in closed form: no data, no training',
  options,
  run: (o, context) => {
    const started = performance.now()
    const [chosen, { seed }] = [valuesIn(csuloraOptions, o), context.common]
    return pipe(
      TE.Do,
      TE.bindW('target', () => TE.fromEither(refuseExisting(o.out, o, 'folder'))),
      TE.bindW('adapter', () => readAdapter(o.adapter)),
      TE.bindW('base', () => openWeights(o.base)),
      TE.bindW('aligned', () => openWeights(o.aligned)),
      TE.bindW('cache', ({ base, aligned }) =>
        o.cache === undefined ? TE.right(noCache) : openCache(o.cache, { base, aligned }),
      ),
      TE.bindW('done', ({ adapter, base, aligned, cache }) => {
        adapterWarnings(adapter).forEach(context.warn)
        const progress = context.progress(o.method, adapter.modules.length)
        return pipe(
          correctAdapter(chosen, {
            base,
            aligned,
            seed,
            cache,
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
                      : 'nothing was written but the cache; the same command continues from there',
                }
              : fault,
          ),
        )
      }),
      TE.chainW(({ done }) => {
        const report = reportOf(chosen, seed, done.modules, (performance.now() - started) / 1000)
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
