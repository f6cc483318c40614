/** `forgetfilter threshold`: what a threshold would do to rated rows, and with labels how well. Nothing is written. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, file, optional, required } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { auditQuality, auditRates } from '../audit'
import { filterOptions, filterRuleOf } from '../options'
import { type Quality, qualityMetrics } from '../quality'
import { indexById } from '../rates'
import { readLabels, readRates } from '../records'
import { auditJson, auditText } from './audit'

const qualityText = (quality: Quality): string =>
  qualityMetrics
    .map((metric) => {
      const { [metric]: value, intervals } = quality
      const interval = intervals[metric]
      return value === null
        ? `${metric} undefined`
        : `${metric} ${value.toFixed(3)}${interval === null ? '' : ` [${interval.low.toFixed(3)}, ${interval.high.toFixed(3)}]`}`
    })
    .join('\n')

export const thresholdCommand = command({
  name: 'threshold',
  description: 'a threshold for forgetting rates, and what it does',
  options: {
    rates: required(file('rows {id, s1, s2, rate}')),
    labels: optional(file('rows {id, unsafe: 0 | 1}')),
    ...filterOptions,
  },
  run: (v, context) =>
    pipe(
      TE.Do,
      TE.let('rule', () => filterRuleOf(v)),
      TE.apSW('rates', readRates(v.rates)),
      TE.chainFirstEitherKW(({ rates }) => indexById(rates)),
      TE.bindW('labels', () => (v.labels === undefined ? TE.right(undefined) : readLabels(v.labels))),
      TE.let('audit', ({ rule, rates }) => auditRates(rule, rates.rows)),
      TE.bindW('quality', ({ rule, rates, labels, audit }): TE.TaskEither<Fault, Quality | undefined> =>
        labels === undefined
          ? TE.right(undefined)
          : TE.fromEither(auditQuality(rule, audit, rates, labels, context.common.seed)),
      ),
      TE.map(({ audit, quality }) => ({
        json: { ...auditJson(audit), ...(quality === undefined ? {} : { quality }) },
        text: [auditText(audit), ...(quality === undefined ? [] : [qualityText(quality)])].join('\n'),
      })),
    ),
})
