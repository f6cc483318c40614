/**
 * Times a training step and a completion of this run on this machine, so that it can be said beforehand how long the run will
 * take: two steps of the recipe, of which the second is timed (the first also fills caches), and the completions of a few
 * evaluation prompts.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, greedy, noDefence } from '@safe/tensor-core/contracts'
import { type Keep, keepLines } from '@safe/tensor-core/pipeline'
import type { Rates } from '../plan/expected'
import { alignedRequest } from './runtime'
import type { Site } from './site'

// model ------------------------------------------------------------------------------------------

export const ratesCodec: t.Type<Rates> = t.type({ step: t.number, completion: t.number, score: t.number })

/** Rates in the file `rates.jsonl`. */
export const keepRates: Keep<ReadonlyArray<Rates>> = keepLines('rates.jsonl', ratesCodec)

/** Prompts completed; they are spread evenly over the suite, so that each set is timed by its share. */
const timedPrompts = 16
/** A forward pass takes about a third of a step, which also goes backward. */
const forwardShare = 1 / 3

// parts ------------------------------------------------------------------------------------------

const spread = <A>(values: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
  values.length <= count
    ? values
    : Array.from({ length: count }, (_, i) => values[Math.floor((i * values.length) / count)]).flatMap(
        (value) => (value === undefined ? [] : [value]),
      )

const now = (): number => performance.now() / 1000

/** Seconds of the second of two steps. */
const stepSeconds = ({ bench, models, signal }: Site): TE.TaskEither<Fault, number> => {
  const { ports, config, suite } = bench
  const at: number[] = []
  return pipe(
    models.release,
    TE.chainW(() => TE.fromEither(suite.trainingData(config.regimes[0] ?? '', config.seeds[0] ?? 0))),
    TE.chain((data) =>
      ports.train<Fault>({
        model: suite.models.aligned,
        template: suite.templates.aligned,
        data,
        recipe: { ...config.recipe, maxSteps: 2 },
        seed: config.seeds[0] ?? 0,
        defence: noDefence.training,
        dtype: config.dtype,
        signal,
        onStep: () => at.push(now()),
      }),
    ),
    TE.map(() => (at[1] ?? 0) - (at[0] ?? 0)),
  )
}

/** Seconds of a completion among others. */
const completionSeconds = ({ bench, models }: Site): TE.TaskEither<Fault, number> => {
  const prompts = spread(bench.suite.evaluation, timedPrompts)
  return TE.bracket(
    models.open(alignedRequest(bench)),
    (lm) => {
      const started = now()
      return pipe(
        lm.generate(
          prompts.map(({ prompt }) => ({ prompt })),
          greedy(bench.suite.maxNewTokens),
        ),
        TE.mapLeft((fault): Fault => fault),
        TE.map(() => (now() - started) / Math.max(1, prompts.length)),
      )
    },
    (lm) => TE.fromIO(() => lm.dispose()),
  )
}

// timing -----------------------------------------------------------------------------------------

/** What a step and a completion take at this site. Left where the run itself would fail as well. */
export const timedRates = (site: Site): TE.TaskEither<Fault, Rates> =>
  pipe(
    TE.Do,
    TE.bind('step', () => stepSeconds(site)),
    TE.bind('completion', () => completionSeconds(site)),
    TE.map(({ step, completion }) => ({
      step,
      completion,
      score: (step * forwardShare) / site.bench.config.recipe.batchSize,
    })),
  )
