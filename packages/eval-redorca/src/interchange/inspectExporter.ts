/**
 * `inspect`: one log of inspect_ai for each cell and set, over the items that results are stated over (validation items, on which
 * strengths are chosen, are left out). Metrics are those of the cell, not computed again by inspect; their intervals are in `metadata`.
 */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { writeWhole } from '@safe/tensor-core/files'
import { completeCost } from '../results/cost'
import { isUnjudged, judgedBy } from '../results/judged'
import type { JudgeMetrics, Metrics } from '../results/metrics'
import type { PreparedAnswers } from '../results/prepared'
import { combinationName } from '../plan/factors'
import { type Sample, isReported } from '../suite/samples'
import { type EvaluationSet, evaluationSets } from '../suite/suite'
import type { JudgeRecord } from '../suite/verdicts'
import type { Estimate } from '../stats'
import type { Exporter, Heading } from './exporter'
import type { InspectLog, InspectMetric, InspectScoreSummary } from './inspectLog'
import { inspectSample } from './inspectSample'
import { metricsOfSet } from './metricFacts'
import { identifier, identityOf, modelName, slug } from './names'

// scores -----------------------------------------------------------------------------------------

const without = (name: string, of: object): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(of).filter(([other]) => other !== name))

/** An interval beside a value, with how it was computed. */
const intervalOf = (estimate: Estimate): InspectMetric['metadata'] =>
  without('value', { ...estimate, confidence: 0.95, method: estimate.method ?? 'Wilson' })

const metricsIn = (
  names: ReadonlyArray<keyof JudgeMetrics>,
  metrics: JudgeMetrics,
): InspectScoreSummary['metrics'] =>
  Object.fromEntries(
    names.flatMap((name) => {
      const estimate = metrics[name]
      return estimate === undefined
        ? []
        : [[name, { name, value: estimate.value, params: {}, metadata: intervalOf(estimate) }]]
    }),
  )

const summary = (
  scorer: string,
  [scored, all]: readonly [scored: number, all: number],
  metrics: InspectScoreSummary['metrics'],
  metadata: InspectScoreSummary['metadata'] = {},
): ReadonlyArray<InspectScoreSummary> =>
  Object.keys(metrics).length === 0
    ? []
    : [
        {
          name: scorer,
          scorer,
          scored_samples: scored,
          unscored_samples: all - scored,
          params: {},
          metrics,
          metadata,
        },
      ]

/** The metrics by a judge: of the cell where it is the headline, else among those by each judge. */
const metricsBy = ({ headline, metrics }: PreparedAnswers, judge: JudgeRecord): JudgeMetrics =>
  judge.id === headline?.id ? metrics : (metrics.byJudge?.[judge.id] ?? {})

const scoresOf = (
  cell: PreparedAnswers,
  set: EvaluationSet,
  samples: ReadonlyArray<Sample>,
): InspectLog['results']['scores'] =>
  set === 'task'
    ? summary(
        'exactMatch',
        [samples.filter((s) => s.correct !== undefined).length, samples.length],
        metricsIn(['exactMatch'], cell.metrics),
      )
    : (cell.judges ?? []).flatMap((judge) =>
        summary(
          judge.id,
          [samples.map(judgedBy(judge)).filter((j) => !isUnjudged(j)).length, samples.length],
          metricsIn(metricsOfSet(set), metricsBy(cell, judge)),
          { ...judge, headline: judge.id === cell.headline?.id },
        ),
      )

/** The metrics over all sets; those by other judges stand in the logs of their sets. */
const wholeCell = (metrics: Metrics): Readonly<Record<string, unknown>> => without('byJudge', metrics)

// logs -------------------------------------------------------------------------------------------

const logOf = (
  { suite, finished, stamp }: Heading,
  run: string,
  cell: PreparedAnswers,
  set: EvaluationSet,
): InspectLog => {
  const ofSet = cell.samples.filter((s) => s.set === set)
  const samples = ofSet.filter(isReported)
  const [model, identity] = [modelName(cell.factors), identityOf(cell)]
  const scores = scoresOf(cell, set, samples)
  return {
    version: 2,
    status: 'success',
    eval: {
      eval_id: identifier({ run, set, ...identity }),
      run_id: run,
      created: finished,
      task: `redorca/${set}`,
      task_id: identifier({ suite, set, ...identity }),
      task_version: 1,
      task_args: { ...cell.factors },
      task_args_passed: { ...cell.factors },
      tags: [suite, combinationName(cell.factors)],
      dataset: {
        name: `${suite}/${set}`,
        samples: samples.length,
        sample_ids: samples.map(({ id }) => id),
        shuffled: false,
      },
      model,
      model_args: {},
      config: { epochs: 1 },
      packages: { ...stamp.versions },
      metadata: {
        cell: cell.id,
        set,
        control: cell.control,
        published: cell.published,
        validationItemsLeftOut: ofSet.length - samples.length,
        seconds: completeCost(cell).seconds,
        stamp,
      },
      scorers: scores.map(({ name, metrics }) => ({
        name,
        options: {},
        metrics: Object.keys(metrics).map((metric) => ({ name: metric })),
      })),
    },
    plan: { name: 'plan', steps: [{ solver: 'generate', params: {} }], config: {} },
    results: {
      total_samples: samples.length,
      completed_samples: samples.length,
      scores,
      metadata: { metricsOfAllSets: wholeCell(cell.metrics) },
    },
    // What it took is known by stage (`metadata.seconds`), not by the clock.
    stats: { started_at: finished, completed_at: finished, model_usage: {} },
    samples: samples.map(inspectSample(model, cell.judges ?? [])),
  }
}

/** inspect finds `.json` logs in a folder by the time in front, and reads task and id from the name. */
const fileOf = ({ created, task, task_id }: InspectLog['eval']): string =>
  `${created.slice(0, 19).replaceAll(':', '-')}+00-00_${slug(task)}_${task_id}.json`

// exporter ---------------------------------------------------------------------------------------

export const inspectExporter = (heading: Heading): Exporter<void> => {
  const run = identifier(heading)
  return {
    begin: () => TE.right(undefined),
    cell: (folder, cell) =>
      pipe(
        evaluationSets.filter((set) => cell.samples.some((s) => s.set === set && isReported(s))),
        TE.traverseSeqArray((set) => {
          const log = logOf(heading, run, cell, set)
          return writeWhole(join(folder, fileOf(log.eval)), `${JSON.stringify(log)}\n`)
        }),
        TE.map(() => undefined),
      ),
    end: () => TE.right(undefined),
  }
}
