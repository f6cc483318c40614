/** Options of a benchmark's configuration, decoded: the paper's defaults where nothing is said, nothing unknown let through. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { decodeWith } from '@safe/tensor-core/files'
import {
  type DualSelectOptions,
  corrections,
  defaults,
  isReferenceBudget,
  modes,
  normalisations,
  referenceLosses,
  referenceSets,
  taskFilters,
} from './defaults'

// codecs -----------------------------------------------------------------------------------------

const guarded = <A>(name: string, is: t.Is<A>): t.Type<A> =>
  new t.Type(name, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), t.identity)

const numberWhere = (name: string, holds: (x: number) => boolean): t.Type<number> =>
  guarded(name, (u): u is number => typeof u === 'number' && Number.isFinite(u) && holds(u))

const oneOf = <const A extends string>(values: ReadonlyArray<A>): t.Type<A> =>
  guarded(`one of ${values.join(', ')}`, (u): u is A => values.some((v) => v === u))

/** The codec with a value for what is not given. */
const otherwise = <A>(value: A, codec: t.Type<A>): t.Type<A, A> =>
  new t.Type(
    codec.name,
    codec.is,
    (u, c) => (u === undefined ? t.success(value) : codec.validate(u, c)),
    codec.encode,
  )

const atLeast = (min: number): t.Type<number> => numberWhere(`a number, at least ${min}`, (x) => x >= min)
const positive = numberWhere('a number above 0', (x) => x > 0)
const wholeFrom = (min: number): t.Type<number> =>
  numberWhere(`a whole number, at least ${min}`, (x) => Number.isSafeInteger(x) && x >= min)

const codecWith = (d: DualSelectOptions): t.Type<DualSelectOptions, unknown> =>
  t.intersection(
    [
      t.type({
        mode: otherwise(d.mode, oneOf(modes)),
        warmupSteps: otherwise(d.warmupSteps, wholeFrom(0)),
        refresh: otherwise(
          d.refresh,
          guarded(
            'epoch or a whole number, at least 1',
            (u): u is 'epoch' | number => u === 'epoch' || wholeFrom(1).is(u),
          ),
        ),
        kRef: otherwise(
          d.kRef,
          guarded('a whole number, at least 1, or a share such as 10%', isReferenceBudget),
        ),
        kTask: otherwise(d.kTask, wholeFrom(1)),
        muTask: otherwise(d.muTask, atLeast(0)),
        muRef: otherwise(d.muRef, atLeast(0)),
        nu: otherwise(d.nu, atLeast(0)),
        tauTask: otherwise(d.tauTask, positive),
        tauRef: otherwise(d.tauRef, positive),
      }),
      t.type({
        rho: otherwise(d.rho, atLeast(0)),
        correction: otherwise(d.correction, oneOf(corrections)),
        referenceSet: otherwise(d.referenceSet, oneOf(referenceSets)),
        taskFilter: otherwise(d.taskFilter, oneOf(taskFilters)),
        referenceLoss: otherwise(d.referenceLoss, oneOf(referenceLosses)),
        normalise: otherwise(d.normalise, oneOf(normalisations)),
      }),
      t.partial({
        tokenBudget: numberWhere('a share above 0, at most 1', (x) => x > 0 && x <= 1),
      }),
    ],
    'options',
  )

const names: ReadonlySet<string> = new Set([...Object.keys(defaults), 'tokenBudget'])

// decoding ---------------------------------------------------------------------------------------

/** @returns left `BadConfig` naming the option that is unknown or impossible. */
export const decodeOptions = (
  given: Readonly<Record<string, unknown>>,
  method = 'dualselect',
  base: DualSelectOptions = defaults,
): E.Either<Fault, DualSelectOptions> => {
  const unknown = Object.keys(given).find((name) => !names.has(name))
  return unknown === undefined
    ? pipe(
        { ...(base.tokenBudget === undefined ? {} : { tokenBudget: base.tokenBudget }), ...given },
        decodeWith(codecWith(base), method),
      )
    : E.left(
        badInput('BadConfig', `has the unknown option ${unknown}`, {
          where: method,
          remedy: `known are ${[...names].join(', ')}`,
        }),
      )
}
