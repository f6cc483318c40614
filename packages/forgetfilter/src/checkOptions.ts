/** Conditions on several options of ForgetFilter together. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import { PAPER_PHI } from './defaults'
import type { FilterOptions, ForgetFilterOptions } from './options'
import { type ScoreUnit, signalUnit } from './rates/signals'

// checks -----------------------------------------------------------------------------------------

const refused = (field: string, message: string, remedy: string): E.Either<InputError, never> =>
  E.left(badInput('BadOption', message, { field, remedy }))

/** `alpha` has an effect only on thresholds that use canaries. */
export const checkAlpha = <A extends Pick<FilterOptions, 'method' | 'alpha'>>(
  options: A,
): E.Either<InputError, A> =>
  options.alpha === undefined || options.method === 'null' || options.method === 'auto'
    ? E.right(options)
    : refused('alpha', 'is for `method` null and auto', 'leave it out, or give one of these')

/**
 * A given phi must be on the scale of the rates. 0.1 is the paper's value, and the default, for scores from 0 to 1: in nats it is
 * refused as a value that nobody chose for this scale. From 1 on, no rate between scores from 0 to 1 exceeds it.
 *
 * @param unit of the scores; `named` says in a message what has this unit
 */
export const checkPhi = <A extends Pick<FilterOptions, 'method' | 'phi'>>(
  options: A,
  unit: ScoreUnit,
  named: string,
): E.Either<InputError, A> => {
  const { method, phi } = options
  if (method !== undefined) return E.right(options)
  if (unit === 'nats' && phi === PAPER_PHI)
    return refused(
      'phi',
      `must be chosen for ${named}: ${PAPER_PHI}, the default, is the paper's value for ROUGE, from 0 to 1, and these are log-probabilities in nats`,
      'look at the rates and give a `phi` in nats, or give `method` auto',
    )
  if (unit === 'share' && phi >= 1)
    return refused(
      'phi',
      `must be below 1 for ${named}: scores are from 0 to 1, so no row would be dropped`,
      `give a \`phi\` between 0 and 1, such as the paper's ${PAPER_PHI}`,
    )
  return E.right(options)
}

/** Past completions are references of completions only. */
export const checkReference = <A extends Pick<ForgetFilterOptions, 'signal' | 'reference'>>(
  options: A,
): E.Either<InputError, A> =>
  options.reference !== 'past-completion' || options.signal === 'rouge'
    ? E.right(options)
    : refused(
        'reference',
        `past-completion is for \`signal\` rouge, which compares completions, not for ${options.signal}`,
        'leave one of the two out',
      )

/** All conditions; the options unchanged where they hold. */
export const checkForgetFilter = <
  A extends Pick<ForgetFilterOptions, 'method' | 'alpha' | 'phi' | 'signal' | 'reference'>,
>(
  options: A,
): E.Either<InputError, A> =>
  pipe(
    checkAlpha(options),
    E.chain((o) => checkPhi(o, signalUnit(o.signal), `the signal ${o.signal}`)),
    E.chain(checkReference),
  )
