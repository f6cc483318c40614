/** `forgetfilter filter`: the data without the rows whose rate is too large; what stays, stays byte for byte. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import type { IO } from 'fp-ts/IO'
import { pipe } from 'fp-ts/function'
import { type Terminal, command, file, optional, required } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { type Audit, type FilterRule, auditRates, keptIds } from '../audit'
import { settled } from '../defence'
import { alignById } from '../rates'
import { readRates } from '../records'
import { type Source, keptText, readSource, writeText } from '../source'
import { auditJson, auditText, filterRuleOf, filteringOptions } from './filtering'
import { checkTargets, outputOptions } from './output'

/** Where rows go: those that stay, and where wished those that do not. */
export interface FilterTargets {
  readonly out: string
  readonly dropped: string | undefined
}

export const targetOptions = {
  dropped: optional(file('where the rows that were taken out go')),
  ...outputOptions,
}

/** Writes both parts of the source; `ids` are those of its rows, in order. */
export const writeParts = (
  source: Source,
  ids: ReadonlyArray<string>,
  rule: FilterRule,
  audit: Audit,
  { out, dropped }: FilterTargets,
): TE.TaskEither<Fault, void> => {
  const kept = keptIds(rule, audit)
  const stays = (i: number): boolean => kept.has(ids[i] ?? '')
  return pipe(
    dropped === undefined
      ? TE.right(undefined)
      : writeText(
          dropped,
          keptText(source, (i) => !stays(i)),
        ),
    TE.chain(() => writeText(out, keptText(source, stays))),
  )
}

/** What a person should know before using what stays. */
export const warnings =
  ({ warn }: Terminal, rule: FilterRule, audit: Audit): IO<void> =>
  () => {
    const { counts, rates } = audit
    if (counts.indeterminate > 0)
      warn(
        `${counts.indeterminate} of ${rates.length} rows were learned too little to judge; they are ${rule.indeterminate === 'keep' ? 'kept' : 'dropped'} (--indeterminate)`,
      )
    if (keptIds(rule, audit).size === 0) warn('no row stays')
  }

export const filter = command({
  name: 'filter',
  description: 'data without the rows that were forgotten, the others byte for byte as they came',
  options: {
    data: required(file('the data')),
    rates: required(file('rows {id, s1, s2, rate} of the same ids')),
    ...filteringOptions,
    ...targetOptions,
  },
  run: (v, context) =>
    pipe(
      checkTargets([v.out, v.dropped], [v.data, v.rates], v.overwrite),
      E.chain(() => filterRuleOf(v)),
      TE.fromEither,
      TE.bindTo('rule'),
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
      TE.chainFirstW(({ rule, data, source, audit }) =>
        writeParts(
          source,
          data.examples.map((e) => e.id),
          rule,
          audit,
          v,
        ),
      ),
      TE.chainFirstIOK(({ rule, audit }) => warnings(context, rule, audit)),
      TE.map(({ audit }) => ({
        json: { out: v.out, ...auditJson(audit) },
        text: `${auditText(audit)}\nrows that stay are in ${v.out}`,
      })),
    ),
})
