/**
 * Times a training step and a completion of this run on this machine, so that it can be said beforehand how long the run will
 * take: two steps of the recipe on typical rows, of which the second is timed (the first also fills caches), and the completions of a few
 * evaluation prompts, judged by the judges that ask a model.
 */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Dataset, type Fault, greedy, noDefence } from '@safe/tensor-core/contracts'
import { type Keep, keepLines } from '@safe/tensor-core/pipeline'
import { alignedNames, benchOf } from '../plan/alignedModels'
import { alignedKey, environmentKey } from '../plan/applied'
import { generationKey } from '../plan/cells'
import { type Rates, smallModelRates } from '../plan/expected'
import { untouched } from '../plan/factors'
import { type Answer, askedInOrder, judgeItem } from '../suite/samples'
import { requestOf } from './answers'
import { alignedRequest } from './runtime'
import type { Site } from './site'
import { typicalRows } from './typicalRows'

// model ------------------------------------------------------------------------------------------

export const ratesCodec: t.Type<Rates> = t.type({
  step: t.number,
  completion: t.number,
  score: t.number,
  judgement: t.number,
})

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

/** The rows of the first regime; none where nothing is trained: there is no regime, or an adapter was given in place of rows. */
const firstRows = ({ config, suite }: Site['bench']): E.Either<Fault, Dataset> => {
  const [regime] = config.regimes
  return regime === undefined
    ? E.right({ name: untouched, examples: [] })
    : suite.trainingData(regime, config.seeds[0] ?? 0)
}

/** Seconds of the second of two steps on typical rows of these; with two epochs so few rows make two steps. */
const stepOn = ({ bench, models, signal }: Site, data: Dataset): TE.TaskEither<Fault, number> => {
  const { ports, config, suite } = bench
  const at: number[] = []
  return pipe(
    models.release,
    TE.chainW(() =>
      ports.train<Fault>({
        model: suite.models.aligned,
        template: suite.templates.aligned,
        data: typicalRows(data, config.recipe),
        recipe: { ...config.recipe, epochs: Math.max(2, config.recipe.epochs), maxSteps: 2 },
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

/** Seconds of a step; that of small models where nothing is trained. */
const stepSeconds = (site: Site): TE.TaskEither<Fault, number> =>
  pipe(
    TE.fromEither(firstRows(site.bench)),
    TE.chain((data) => (data.examples.length === 0 ? TE.right(smallModelRates.step) : stepOn(site, data))),
  )

/** The completions of some prompts, and the seconds of one. */
const completionSeconds = ({
  bench,
  models,
}: Site): TE.TaskEither<Fault, { readonly answers: ReadonlyArray<Answer>; readonly seconds: number }> => {
  const items = spread(
    bench.suite.evaluation.filter(({ choice }) => choice === undefined),
    timedPrompts,
  )
  return TE.bracket(
    models.open(alignedRequest(bench)),
    (lm) => {
      const requests = items.map(requestOf)
      return pipe(
        // Fills caches; not timed.
        lm.generate(requests.slice(0, 1), greedy(2)),
        TE.map(now),
        TE.chain((started) =>
          pipe(
            lm.generate(requests, greedy(bench.suite.maxNewTokens)),
            TE.map((completions) => ({
              answers: RA.zipWith(items, completions, (item, completion) => ({ item, completion })),
              seconds: (now() - started) / Math.max(1, items.length),
            })),
          ),
        ),
        TE.mapLeft((fault): Fault => fault),
      )
    },
    (lm) => TE.fromIO(() => lm.dispose()),
  )
}

/** Seconds in which the judges that ask a model judge one of the answers; the first question, which loads the model, is not timed. */
const judgementSeconds = ({ bench }: Site, answers: ReadonlyArray<Answer>): TE.TaskEither<Fault, number> =>
  pipe(
    bench.suite.judges.filter(({ checkpoint }) => checkpoint !== undefined),
    TE.traverseSeqArray((judge) =>
      pipe(
        TE.Do,
        TE.chain(() => askedInOrder(judge)(answers.slice(0, 1).map(judgeItem))),
        TE.let('started', now),
        TE.chainFirst(() => askedInOrder(judge)(answers.map(judgeItem))),
        TE.map(({ started }) => (now() - started) / Math.max(1, answers.length)),
      ),
    ),
    TE.map((each) => each.reduce((sum, seconds) => sum + seconds, 0)),
  )

// timing -----------------------------------------------------------------------------------------

const timed = (site: Site): TE.TaskEither<Fault, Rates> =>
  pipe(
    TE.Do,
    TE.bind('step', () => stepSeconds(site)),
    TE.bind('completed', () => completionSeconds(site)),
    TE.bind('judgement', ({ completed }) => judgementSeconds(site, completed.answers)),
    TE.map(({ step, completed, judgement }) => ({
      step,
      completion: completed.seconds,
      score: (step * forwardShare) / site.bench.config.recipe.batchSize,
      judgement,
    })),
  )

const timedOnce = (site: Site): TE.TaskEither<Fault, Rates> => {
  const { bench, engine, memo } = site
  return pipe(
    memo.once(
      () => ({
        step: 'rates',
        ...environmentKey(bench, engine),
        ...alignedKey(bench),
        ...generationKey(bench),
        recipe: bench.config.recipe,
        judges: bench.suite.judges.map(({ id }) => id),
      }),
      keepRates,
      () =>
        pipe(
          timed(site),
          TE.map((rates) => [rates]),
        ),
    ),
    TE.map(([rates = smallModelRates]) => rates),
  )
}

/**
 * What a step, a completion and a judgement take at this site, of each aligned model; kept with the other work, so that a run which
 * continues is not timed again. Left where the run itself would fail as well.
 */
export const timedRates = (site: Site): TE.TaskEither<Fault, ReadonlyArray<Rates>> =>
  pipe(
    alignedNames(site.bench),
    TE.traverseSeqArray((named) => timedOnce({ ...site, bench: benchOf(site.bench, named) })),
  )
