/** `forgetfilter threshold`: what a threshold would do to rated rows, and with labels how well. Nothing is written. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, file, optional, required } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { auditQuality, auditRates } from '../audit/audit'
import { filterOptions, filterRuleOf } from '../options'
import type { Quality } from '../audit/quality'
import { type Named, type RatedRow, indexById } from '../rates/rates'
import { type LabelRow, readLabels, readRates } from '../rates/records'
import { auditJson, auditText } from './audit'
import { checkCanaries, withoutCanaries } from './canaryFile'
import { checkFilter, checkRates } from './checkFilter'

/** Canaries may be labelled like all rows, but are not judged. */
const labelsWithout = (labels: Named<LabelRow>, canaries: Named<RatedRow> | undefined): Named<LabelRow> => {
  const trusted = new Set(canaries?.rows.map(({ id }) => id))
  return { name: labels.name, rows: labels.rows.filter(({ id }) => !trusted.has(id)) }
}

export const thresholdCommand = command({
  name: 'threshold',
  description: 'a threshold for forgetting rates, and what it does',
  example: 'forgetfilter threshold --rates rates.jsonl --method auto',
  options: {
    rates: required(file('rows {id, s1, s2, rate}')),
    canaries: optional(
      file(
        'rows {id, rate} of the rates that are of canaries, which are not judged; for `method` null and auto',
      ),
    ),
    labels: optional(file('rows {id, unsafe: 0 | 1}')),
    ...filterOptions,
  },
  run: (v, context) =>
    pipe(
      TE.fromEither(
        pipe(
          checkFilter(v),
          E.chain(() => checkCanaries(v)),
        ),
      ),
      TE.map(() => ({ rule: filterRuleOf(v) })),
      TE.apSW('all', readRates(v.rates)),
      TE.chainFirstEitherKW(({ all }) => indexById(all)),
      TE.bindW('canaries', () => (v.canaries === undefined ? TE.right(undefined) : readRates(v.canaries))),
      TE.bindW('rates', ({ all, canaries }) => TE.fromEither(withoutCanaries(all, canaries))),
      TE.chainFirstEitherKW(({ rates }) => checkRates(v, rates)),
      TE.bindW('labels', () => (v.labels === undefined ? TE.right(undefined) : readLabels(v.labels))),
      TE.let('audit', ({ rule, rates, canaries }) => auditRates(rule, rates.rows, canaries?.rows)),
      TE.bindW(
        'quality',
        ({ rule, rates, labels, canaries, audit }): TE.TaskEither<Fault, Quality | undefined> =>
          labels === undefined
            ? TE.right(undefined)
            : TE.fromEither(
                auditQuality(rule, audit, rates, labelsWithout(labels, canaries), context.common.seed),
              ),
      ),
      TE.map(({ audit, quality }) => ({
        json: { ...auditJson(audit), ...(quality === undefined ? {} : { quality }) },
        text: auditText(audit, quality),
      })),
    ),
})
