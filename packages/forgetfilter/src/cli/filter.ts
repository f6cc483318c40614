/** `forgetfilter filter`: the data without the rows whose rate is too large; the others stay byte for byte. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, dataFile, file, required } from '@safe/tensor-core/cli'
import { readDataset } from '@safe/tensor-core/formats'
import { auditRates, settled } from '../audit'
import { filterOptions, filterRuleOf } from '../options'
import { alignById } from '../rates'
import { readRates } from '../records'
import { readSource } from '../source'
import { auditJson, auditText } from './audit'
import { keptRowsOptions, warnings, writeParts } from './keptRows'
import { checkTargets } from './targets'

export const filterCommand = command({
  name: 'filter',
  description: 'data without the rows that were forgotten, the others byte for byte as they came',
  options: {
    data: required(dataFile('the data')),
    rates: required(file('rows {id, s1, s2, rate} of the same ids')),
    ...filterOptions,
    ...keptRowsOptions,
  },
  run: (v, context) =>
    pipe(
      TE.fromEither(checkTargets([v.out, v.dropped], [v.data, v.rates], v.overwrite)),
      TE.map(() => ({ rule: filterRuleOf(v) })),
      TE.apSW('data', readDataset(v.data)),
      TE.apSW('source', readSource(v.data)),
      TE.apSW('rates', readRates(v.rates)),
      TE.bindW('matched', ({ data, rates }) =>
        TE.fromEither(alignById({ name: data.name, rows: data.examples }, rates)),
      ),
      TE.bindW('audit', ({ rule, matched }) =>
        TE.fromEither(
          settled(
            auditRates(
              rule,
              matched.map(([, rated]) => rated),
            ),
          ),
        ),
      ),
      TE.chainFirstW((filtered) => writeParts(filtered, v)),
      TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
      TE.map(({ audit }) => ({
        json: { out: v.out, ...auditJson(audit) },
        text: `${auditText(audit)}\nkept rows: ${v.out}`,
      })),
    ),
})
