/** Results of learning tasks in turn as lines for a terminal. */
import type { ContinualResults } from '../continual/results'
import { type MetricName, metricNames } from '../continual/metrics'
import { estimateText, isPoints } from './estimateText'

/** The measures in words. */
export const metricWords: Readonly<Record<MetricName, string>> = {
  averageAccuracy: 'average accuracy',
  backwardTransfer: 'backward transfer',
  forgetting: 'forgetting',
  safety: 'safety',
}

/** A line per strategy and measure, in percent with 95 % intervals, after the last task. */
export const continualText = (tasks: ReadonlyArray<string>, results: ContinualResults): string =>
  [
    `after ${tasks.length} tasks, in percent with 95 % intervals:`,
    ...results.strategies.map(({ strategy, after, difference }) => {
      const last = after.at(-1) ?? {}
      const parts = metricNames.flatMap((name) =>
        last[name] === undefined
          ? []
          : [
              `${metricWords[name]} ${estimateText(last[name], isPoints(name))}${
                difference?.[name] === undefined || results.comparedWith === null
                  ? ''
                  : ` [${estimateText(difference[name], true)} against ${results.comparedWith}]`
              }`,
            ],
      )
      return `${strategy}: ${parts.join('; ')}`
    }),
  ].join('\n')
