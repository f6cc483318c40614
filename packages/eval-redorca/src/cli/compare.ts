/** `compare`: two systems on the same items, with the paired bootstrap, McNemar's exact test and Holm over several fields. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, commaSeparated, file, optional, required, text } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { holm, mcnemarExact, meanWithInterval } from '../stats'
import { type Matched, matched } from './matchedRows'
import { numberField, rowsOf, textField } from './rowFields'

// comparing --------------------------------------------------------------------------------------

interface Comparison {
  readonly field: string
  readonly n: number
  readonly difference: number
  readonly low: number
  readonly high: number
  readonly mcnemar?: { readonly p: number; readonly method: 'exact' }
  readonly method: string
}

const compared = (
  pairs: ReadonlyArray<Matched>,
  field: string,
  clusters: ReadonlyArray<string> | undefined,
  seed: number,
): E.Either<Fault, Comparison> =>
  pipe(
    pairs,
    E.traverseArray(({ a, b }) =>
      pipe(
        E.Do,
        E.bind('a', () => numberField(field)(a)),
        E.bind('b', () => numberField(field)(b)),
      ),
    ),
    E.map((scores) => {
      const { value, n, low, high, method } = meanWithInterval(
        scores.map(({ a, b }) => a - b),
        clusters,
        { seed },
      )
      const binary = scores.every(({ a, b }) => (a === 0 || a === 1) && (b === 0 || b === 1))
      const only = (side: 'a' | 'b'): number =>
        scores.filter((s) => s[side] === 1 && s[side === 'a' ? 'b' : 'a'] === 0).length
      return {
        field,
        n,
        difference: value,
        low,
        high,
        ...(binary ? { mcnemar: { p: mcnemarExact(only('a'), only('b')), method: 'exact' as const } } : {}),
        method,
      }
    }),
  )

const line = ({ field, n, difference, low, high, mcnemar }: Comparison): string =>
  `${field}: ${difference.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}] n=${n}${mcnemar === undefined ? '' : ` p=${mcnemar.p.toPrecision(3)}`}`

export const compareCommand = command({
  name: 'compare',
  description: 'mean difference a - b over the same items, with its 95 % interval',
  example: 'redorca compare --a a.jsonl --b b.jsonl --field score',
  options: {
    a: required(file('JSONL or CSV')),
    b: required(file('JSONL or CSV with the same ids')),
    field: required(commaSeparated(text('field with the score; separate several by commas'))),
    cluster: optional(text('field with the cluster that a row belongs to')),
  },
  run: ({ a, b, field: fields, cluster }, { common }) =>
    pipe(
      TE.Do,
      TE.bindW('ours', () => rowsOf(a)),
      TE.bindW('theirs', () => rowsOf(b)),
      TE.bindW('pairs', ({ ours, theirs }) => TE.fromEither(matched(ours, theirs))),
      TE.bindW('clusters', ({ pairs }) =>
        TE.fromEither(
          cluster === undefined
            ? E.right(undefined)
            : pipe(
                pairs.map((p) => p.a),
                E.traverseArray(textField(cluster)),
              ),
        ),
      ),
      TE.bindW('comparisons', ({ pairs, clusters }) =>
        TE.fromEither(
          pipe(
            fields,
            E.traverseArray((field) => compared(pairs, field, clusters, common.seed)),
          ),
        ),
      ),
      TE.map(({ comparisons }) => {
        const tested = comparisons.flatMap((c) => (c.mcnemar === undefined ? [] : [c.mcnemar.p]))
        const adjusted = holm(tested)
        const [only] = comparisons
        return {
          json:
            comparisons.length === 1 && only !== undefined
              ? only
              : {
                  fields: comparisons,
                  ...(tested.length === comparisons.length ? { holm: { adjusted } } : {}),
                },
          text: comparisons.map(line).join('\n'),
        }
      }),
    ),
})
