/** `--canaries` of commands that read rates or data. */
import * as E from 'fp-ts/Either'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import { usesCanaries } from '../canaryRows'
import type { FilterOptions } from '../options'
import { type Named, type RateError, type RatedRow, indexById } from '../rates/rates'
import { pipe } from 'fp-ts/function'

/** Canaries are needed by `null` and have no effect on methods other than `null` and `auto`. */
export const checkCanaries = ({
  method,
  canaries,
}: Pick<FilterOptions, 'method'> & { readonly canaries: string | undefined }): E.Either<InputError, void> =>
  method === 'null' && canaries === undefined
    ? E.left(
        badInput('BadOption', 'must be given: the threshold of `method` null is a quantile of their rates', {
          field: 'canaries',
          remedy: 'give trusted benign rows, or use `method` auto',
        }),
      )
    : canaries !== undefined && !usesCanaries(method)
      ? E.left(
          badInput('BadOption', 'are for `method` null and auto', {
            field: 'canaries',
            remedy: 'leave them out, or give one of these',
          }),
        )
      : E.right(undefined)

/** Rates without those of the canaries. @returns left `UnmatchedId` for a canary that is not among the rates */
export const withoutCanaries = (
  rates: Named<RatedRow>,
  canaries: Named<RatedRow> | undefined,
): E.Either<RateError, Named<RatedRow>> =>
  canaries === undefined
    ? E.right(rates)
    : pipe(
        E.Do,
        E.apS('rated', indexById(rates)),
        E.apS('trusted', indexById(canaries)),
        E.chain(({ rated, trusted }) => {
          const lost = canaries.rows.find(({ id }) => !rated.has(id))
          return lost === undefined
            ? E.right({ name: rates.name, rows: rates.rows.filter(({ id }) => !trusted.has(id)) })
            : E.left(
                badInput('UnmatchedId', `the id ${JSON.stringify(lost.id)} of ${canaries.name} is missing`, {
                  where: rates.name,
                  remedy: 'canaries must have been rated with the data',
                }),
              )
        }),
      )
