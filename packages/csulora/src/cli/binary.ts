/** The command line: adapter and two checkpoints in, corrected adapter and report out. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Binary,
  command,
  type Context,
  modelFolder,
  file,
  folder,
  optional,
  overwriteOption,
  packageVersion,
  required,
  startEngine,
  valuesIn,
} from '@safe/tensor-core/cli'
import { refuseExisting, writeWhole } from '@safe/tensor-core/files'
import type { EngineError, LoraAdapter } from '@safe/tensor-core/contracts'
import { adapterWarnings, openWeights, writeAdapter } from '@safe/tensor-core/formats'
import { type MatrixEngine, matrixEngine, suitsAnEngine } from '@safe/tensor-core/linalg'
import { noCache, openCache } from '../cache'
import { correctAdapter } from '../correctAdapter'
import { type CsuloraOptions, csuloraOptions } from '../options'
import { reportPage } from '../page/page'
import { type Report, reportOf, summary } from '../report'
import { adapterOf, adapterOptions } from './adapters'

// options ----------------------------------------------------------------------------------------

const options = {
  ...adapterOptions,
  base: required(modelFolder('checkpoint before alignment: a model folder or a .safetensors file')),
  aligned: required(modelFolder('checkpoint the adapter sits on: a model folder or a .safetensors file')),
  out: required(folder('adapter folder to write')),
  ...overwriteOption,
  ...csuloraOptions,
  cache: optional(folder('folder that keeps decompositions of this pair of checkpoints')),
  report: optional(file('report to write: an HTML page where the name ends with .html, else JSON')),
}

// parts ------------------------------------------------------------------------------------------

/** The engine for large matrices; not started where there are none, or where the result must be exact. */
const engineFor = (
  { modules }: LoraAdapter,
  { exact, method, number }: CsuloraOptions,
  context: Context,
): TE.TaskEither<EngineError, MatrixEngine | undefined> =>
  exact ||
  (method === 'safelora' && number !== undefined) ||
  !modules.some(({ A, B }) => suitsAnEngine(B.rows, A.cols))
    ? TE.right(undefined)
    : pipe(
        startEngine(context),
        TE.map(() => matrixEngine()),
      )

const reportText = (path: string, report: Report): string =>
  path.endsWith('.html') ? reportPage(report) : `${JSON.stringify(report, null, 2)}\n`

// command ----------------------------------------------------------------------------------------

const correct = command({
  name: '',
  description: 'corrects a trained LoRA adapter in closed form: no data, no training',
  example: 'csulora --adapter adapter --base models/base --aligned models/aligned --out corrected',
  options,
  run: (o, context) => {
    const started = performance.now()
    const [chosen, { seed }] = [valuesIn(csuloraOptions, o), context.common]
    return pipe(
      TE.Do,
      TE.bindW('target', () => TE.fromEither(refuseExisting(o.out, o, 'folder'))),
      TE.bindW('adapter', () => adapterOf(o)),
      TE.bindW('base', () => openWeights(o.base)),
      TE.bindW('aligned', () => openWeights(o.aligned)),
      TE.bindW('cache', ({ base, aligned }) =>
        o.cache === undefined ? TE.right(noCache) : openCache(o.cache, { base, aligned }),
      ),
      TE.bindW('engine', ({ adapter }) => engineFor(adapter, chosen, context)),
      TE.bindW('done', ({ adapter, base, aligned, cache, engine }) => {
        adapterWarnings(adapter).forEach(context.warn)
        const progress = context.progress(o.method, adapter.modules.length)
        return pipe(
          correctAdapter(chosen, {
            base,
            aligned,
            seed,
            cache,
            ...(engine === undefined ? {} : { engine }),
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
          o.report === undefined ? TE.right(undefined) : writeWhole(o.report, reportText(o.report, report)),
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
