/** `forgetfilter filter`: the data without the rows whose rate is too large; the others stay byte for byte. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, dataFile, file, optional, required } from '@safe/tensor-core/cli'
import { readDataset } from '@safe/tensor-core/formats'
import { accepted, auditRates } from '../audit/audit'
import { filterOptions, filterRuleOf } from '../options'
import { alignById } from '../rates/rates'
import { readRates } from '../rates/records'
import { readSource } from '../source'
import { auditText, keptJson } from './audit'
import { checkCanaries, withoutCanaries } from './canaryFile'
import { checkFilter, checkRates } from './checkFilter'
import { keptRowsOptions, warnings, writeParts } from './keptRows'
import { labelsFor } from './labels'
import { checkTargets } from './targets'

export const filterCommand = command({
  name: 'filter',
  description: 'data without the rows that were forgotten, the others byte for byte as they came',
  example: 'forgetfilter filter --data noisy.jsonl --rates rates.jsonl --phi 0.3 --out kept.jsonl',
  options: {
    data: required(dataFile('the data')),
    rates: required(file('rows {id, s1, s2, rate} of the same ids, and of the canaries')),
    canaries: optional(
      file('rows {id, rate} of the rates that are of canaries, not of the data; for `method` null and auto'),
    ),
    ...filterOptions,
    ...keptRowsOptions,
  },
  run: (v, context) =>
    pipe(
      TE.fromEither(
        pipe(
          checkTargets(
            [v.out, v.dropped, v.audit, v.report],
            [v.data, v.rates, v.canaries, v.labels],
            v.overwrite,
          ),
          E.chainW(() => checkFilter(v)),
          E.chainW(() => checkCanaries(v)),
        ),
      ),
      TE.map(() => ({ rule: filterRuleOf(v) })),
      TE.apSW('data', readDataset(v.data)),
      TE.apSW('source', readSource(v.data)),
      TE.apSW('all', readRates(v.rates)),
      TE.bindW('trusted', () => (v.canaries === undefined ? TE.right(undefined) : readRates(v.canaries))),
      TE.bindW('labels', ({ data }) => labelsFor(v.labels, data)),
      TE.bindW('matched', ({ data, all, trusted }) =>
        TE.fromEither(
          pipe(
            withoutCanaries(all, trusted),
            E.chainFirstW((rates) => checkRates(v, rates)),
            E.chainW((rates) => alignById({ name: data.name, rows: data.examples }, rates)),
          ),
        ),
      ),
      TE.let('canaries', ({ trusted }) => trusted?.rows ?? []),
      TE.bindW('audit', ({ rule, matched, canaries }) =>
        TE.fromEither(
          accepted(
            rule,
            auditRates(
              rule,
              matched.map(([, rated]) => rated),
              canaries,
            ),
          ),
        ),
      ),
      TE.bindW('quality', (filtered) => writeParts(filtered, { ...v, seed: context.common.seed })),
      TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
      TE.map(({ rule, audit, quality }) => ({
        json: { out: v.out, ...keptJson(rule, audit, quality) },
        text: [auditText(audit, quality), `kept rows: ${v.out}`].join('\n'),
      })),
    ),
})
