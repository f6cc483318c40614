/** The interpreter's runtime at a site: training and models through the ports, every result stored in the work store. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { Runtime } from '@safe/tensor-core/pipeline'
import { alignedKey, environmentKey } from '../plan/applied'
import type { Bench } from '../plan/bench'
import type { ModelRequest } from '../plan/ports'
import type { Site } from './site'

// requests ---------------------------------------------------------------------------------------

const requestOf = ({ config }: Bench, model: string, template: string): ModelRequest => ({
  model,
  template,
  dtype: config.dtype,
  batchSize: config.batchSize,
})

/** The model that is fine-tuned. */
export const alignedRequest = (bench: Bench): ModelRequest =>
  requestOf(bench, bench.suite.models.aligned, bench.suite.templates.aligned)

const optionalRequest =
  (which: 'base' | 'anchor') =>
  (bench: Bench): E.Either<Fault, ModelRequest> => {
    const { models, templates } = bench.suite
    return pipe(
      models[which],
      E.fromNullable<Fault>(badInput('ResourceMissing', 'is missing', { where: `suite.models.${which}` })),
      E.map((model) => requestOf(bench, model, templates[which])),
    )
  }
/** The model before alignment; left where the suite has none. */
export const baseRequest = optionalRequest('base')
/** The small aligned model; left where the suite has none. */
export const anchorRequest = optionalRequest('anchor')

// constructors -----------------------------------------------------------------------------------

/** The runtime of the pipelines that run at this site. */
export const runtimeOf = (site: Site): Runtime => {
  const { bench, engine, memo, models, signal, onProgress } = site
  const { ports, config, suite } = bench
  return {
    train: (fitting) =>
      pipe(
        models.release,
        TE.chainW(() =>
          ports.train({
            ...fitting,
            model: suite.models.aligned,
            template: suite.templates.aligned,
            dtype: config.dtype,
            signal,
            onStep: (done, total) => onProgress(done / Math.max(1, total), `step ${done} of ${total}`),
          }),
        ),
      ),
    open: (adapter) => models.open(alignedRequest(bench), adapter),
    memo,
    keep: ports.keep,
    environment: environmentKey(bench, engine),
    model: alignedKey(bench),
  }
}
