/** Conditions on the options of `filter` and `threshold`, which know the signal by the rates alone. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { InputError } from '@safe/tensor-core/contracts'
import { checkAlpha, checkPhi } from '../checkOptions'
import { unitOfRates } from '../audit/explain'
import type { FilterOptions } from '../options'
import type { Named, RatedRow } from '../rates/rates'

export const checkFilter = (v: FilterOptions): E.Either<InputError, unknown> => checkAlpha(v)

/** A fixed phi against the scale of the rates. */
export const checkRates = (
  v: FilterOptions,
  { name, rows }: Named<RatedRow>,
): E.Either<InputError, unknown> => {
  const unit = unitOfRates(rows)
  return unit === undefined
    ? E.right(undefined)
    : pipe(
        checkPhi(v, unit, 'these rates'),
        E.mapLeft((fault): InputError => ({ ...fault, where: name })),
      )
}
